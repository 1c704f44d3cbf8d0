import type { Finding } from "../lib/checker.ts";
import type { Lag } from "../lib/lag.ts";
import type { Result } from "./run.ts";
import type { Scenario } from "./scenario.ts";

const shownFindings = 5;

/** A verdict for people. */
export function reportText(result: Result): string {
  const { bitten, conservation, duplicates, runs } = result;
  const lists: readonly [string, readonly Finding[]][] = [
    ["missing at the receiver", result.missing],
    ["unexpected at the receiver", result.unexpected],
    ["before their time", result.early],
    ["doubled without an attempt that explains it", duplicates.unexplained],
    ["wrong webhook-id or job name", result.wrongIds],
    ["signature not valid", result.badSignatures],
    ["no run in the database", runs.missing],
    ["unexpected run in the database", runs.unexpected],
    ["second run of an occurrence", runs.doubled],
    ["run not succeeded", runs.notSucceeded],
    ["wrong nextRunAt", result.wrongNext],
    ["written by a holder that was given up", result.fencing],
    ["shard whose epoch did not rise", result.epochs],
    ["counted wrongly", result.unbalanced],
  ];
  const { bit, ...figures } = bitten;
  return [
    `${result.scenario}: ${result.jobs} jobs on ${result.nodes} nodes and PostgreSQL ${result.postgres} for ${result.seconds} s`,
    `${bit ? "the fault bit" : "THE FAULT DID NOT BITE, nothing is proven"}: ${figuresText(figures)}`,
    `expected ${result.expected}, arrived ${result.arrived}; ${result.grey} more in the grey zones; ${duplicates.explained} arrived again, explained`,
    ...lists.filter(([, findings]) => findings.length > 0).map(([title, findings]) => `  ${findings.length} ${title}${samples(findings)}`),
    `runs: ${figuresText(conservation)}`,
    `lag ms: ${lagText(result.lagMs)}; with faults ${lagText(result.faultLagMs)}; without ${lagText(result.quietLagMs)}`,
    `first arrival after a fault ${result.firstArrivalAfterMs ?? "-"} ms; all over ${result.drainedAfterMs} ms after the end`,
    ...result.problems.map((problem) => `problem: ${problem}`),
    `picture: ${result.picture}`,
    `verdict: ${result.ok ? "ok" : "NOT OK"}`,
    "",
    "",
  ].join("\n");
}

/** The scenarios for people. */
export function listText(scenarios: readonly Scenario[]): string {
  return scenarios.map(({ name, what, shows, seconds }) => `${name} (${seconds} s)\n  ${what}\n  Shows by: ${shows}\n`).join("");
}

function figuresText(figures: Readonly<Record<string, boolean | number | string>>): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

function lagText(lag: Lag | null): string {
  return lag === null ? "none" : `p50 ${lag.p50} p99 ${lag.p99} max ${lag.max}`;
}

function samples(findings: readonly Finding[]): string {
  const lines = findings.slice(0, shownFindings).map(({ job, nominalAt, detail }) => `\n      ${job} at ${nominalAt}: ${detail}`);
  return lines.join("") + (findings.length > shownFindings ? `\n      and ${findings.length - shownFindings} more` : "");
}
