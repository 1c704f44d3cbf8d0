import type { Finding } from "../lib/checker.ts";
import type { Lag } from "../lib/lag.ts";
import type { Result } from "./scenario.ts";

const shownFindings = 5;

/** The result for people: what was tried, what was found, how late things were. */
export function reportText(result: Result): string {
  const { kill, duplicates, runs } = result;
  const lists: readonly [string, readonly Finding[]][] = [
    ["missing at the receiver", result.missing],
    ["unexpected at the receiver", result.unexpected],
    ["before their time", result.early],
    ["doubled without a lost attempt", duplicates.unexplained],
    ["wrong webhook-id or job name", result.wrongIds],
    ["signature not valid", result.badSignatures],
    ["no run in the API", runs.missing],
    ["unexpected run in the API", runs.unexpected],
    ["second run of an occurrence", runs.doubled],
    ["run not succeeded", runs.notSucceeded],
    ["wrong nextRunAt", result.wrongNext],
  ];
  return [
    `${result.jobs} jobs (${result.scenario}) on ${result.nodes} nodes and PostgreSQL ${result.postgres} for ${result.seconds} s`,
    `killed ${kill.node} (${kill.shardsBefore} shards, ${kill.runningBefore} attempts under way); shards taken over after ${kill.shardsTakenOverAfterMs ?? "more than 30,000"} ms; ${kill.lostAttempts} attempts lost and made again`,
    ...(kill.bit
      ? []
      : ["THE KILL DID NOT BITE: the node held no shards, or no attempt was lost with it. Try again for a stronger proof."]),
    "",
    `expected ${result.expected}, arrived ${result.arrived}; ${result.grey} more in the grey zones; ${duplicates.explained} arrived again after a lost attempt`,
    ...lists.map(([title, findings]) => `  ${String(findings.length).padStart(6)}  ${title}${samples(findings)}`),
    "",
    "lag from due to received     count    p50    p99  p99.9    max   (ms)",
    lagLine("all", result.lagMs),
    lagLine("without the kill's 10 s", result.quietLagMs),
    lagLine("the kill's 10 s", result.killWindowLagMs),
    "",
    ...block(
      "slowest without the kill's 10 s",
      result.slowest.map(({ job, nominalAt, detail }) => `${job} at ${nominalAt}: ${detail}`),
    ),
    ...block(
      "refused by the server, with its reason",
      result.refused.map(
        ({ source, schedule, jobs, reason, cronerReads }) =>
          `${schedule}  (${source}, ${count(jobs, "job")}${cronerReads ? "; croner reads it" : ""}): ${reason}`,
      ),
    ),
    ...block(
      "read by croner only in other words",
      result.dialect.map(({ expression, jobs, difference }) => `${expression}  (${count(jobs, "job")}): ${difference}`),
    ),
    ...block("problems", result.problems),
    `verdict: ${result.verdict}`,
    "",
  ].join("\n");
}

function samples(findings: readonly Finding[]): string {
  const lines = findings.slice(0, shownFindings).map(({ job, nominalAt, detail }) => `\n            ${job} at ${nominalAt}: ${detail}`);
  return lines.join("") + (findings.length > shownFindings ? `\n            and ${findings.length - shownFindings} more` : "");
}

function lagLine(title: string, lag: Lag | null): string {
  const cell = (value: number): string => String(value).padStart(7);
  const cells = lag === null ? "   none" : cell(lag.count) + cell(lag.p50) + cell(lag.p99) + cell(lag.p999) + cell(lag.max);
  return `  ${title.padEnd(25)}${cells}`;
}

function block(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`), ""];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
