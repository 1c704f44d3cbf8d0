import type { AuditPage, AuditVerdict } from "@punctual/contract";
import type { Io } from "../io.ts";
import { paint } from "./paint.ts";
import { safeText } from "./safe.ts";
import { fieldsText, tableText } from "./table.ts";

export type AuditSummary = AuditPage["summary"];
export type AuditItem = AuditPage["items"][number];

/** Problems in a table that nobody asked the length of. */
const shownItems = 50;
/** What must never be, with what it means. */
const problemWords: Partial<Record<AuditVerdict, string>> = {
  missing: "expected and not recorded",
  unexpected: "recorded and not expected",
  overdue: "due for more than a minute and not fired",
  early: "started before their time",
  doubled: "recorded twice",
};

/** Two pages' summaries as one. */
export function addSummaries(a: AuditSummary, b: AuditSummary): AuditSummary {
  const sum = <K extends string>(x: Record<K, number>, y: Record<K, number>): Record<K, number> =>
    Object.fromEntries(
      [...new Set([...Object.keys(x), ...Object.keys(y)])].map((key) => [key, (x[key as K] ?? 0) + (y[key as K] ?? 0)]),
    ) as Record<K, number>;
  const latest = [a.maxLatenessMs, b.maxLatenessMs].filter((ms) => ms !== null);
  return {
    jobs: a.jobs + b.jobs,
    expected: a.expected + b.expected,
    verdicts: sum(a.verdicts, b.verdicts),
    skipped: sum(a.skipped, b.skipped),
    startedWithin: a.startedWithin.map(({ ms, count }, index) => ({ ms, count: count + (b.startedWithin[index]?.count ?? 0) })),
    maxLatenessMs: latest.length === 0 ? null : Math.max(...latest),
  };
}

/** How many occurrences are not as they must be. */
export function problemsOf({ verdicts }: AuditSummary): number {
  return (Object.keys(problemWords) as AuditVerdict[]).reduce((count, verdict) => count + verdicts[verdict], 0);
}

/** The summary in words, and the occurrences listed, if any. */
export async function auditText(io: Io, summary: AuditSummary, items: readonly AuditItem[]): Promise<string> {
  const { verdicts, skipped, startedWithin, maxLatenessMs } = summary;
  const problems = problemsOf(summary);
  const fields = fieldsText(io, [
    ["jobs", String(summary.jobs)],
    ["expected", String(summary.expected)],
    ["ran", `${verdicts.ran}${maxLatenessMs === null ? "" : `; the latest started ${maxLatenessMs} ms late`}`],
    ["started", lineOf(startedWithin.map(({ ms, count }) => [ms === null ? "later" : `within ${ms} ms`, count]))],
    [
      "skipped",
      verdicts.skipped === 0
        ? null
        : `${verdicts.skipped} (${lineOf(Object.entries(skipped).map(([reason, count]) => [safeText(reason), count]))})`,
    ],
    ["live", verdicts.live === 0 ? null : `${verdicts.live} have not ended`],
    ["pending", verdicts.pending === 0 ? null : `${verdicts.pending} are due just now`],
    ...Object.entries(problemWords).map(([verdict, meaning]): [string, string | null] => {
      const count = verdicts[verdict as AuditVerdict];
      return [verdict, count === 0 ? null : paint(io, "red", `${count} ${meaning}`)];
    }),
  ]);
  const verdict =
    problems === 0
      ? paint(io, "green", "Every expected occurrence is accounted for, and nothing else is recorded.\n")
      : paint(io, "red", `${problems} occurrences are not as they must be.\n`);
  const more = items.length > shownItems ? `${items.length - shownItems} more; --json lists them all.\n` : "";
  return `${fields}${verdict}${items.length === 0 ? "" : `\n${await itemTable(io, items.slice(0, shownItems))}${more}`}`;
}

function itemTable(io: Io, items: readonly AuditItem[]): Promise<string> {
  return tableText(
    io,
    ["nominal time", "verdict", "job", "revision", "run", "reason"],
    items.map((item) => [
      item.nominalAt,
      problemWords[item.verdict] === undefined ? item.verdict : paint(io, "red", item.verdict),
      item.jobId,
      item.revision === null ? "" : String(item.revision),
      item.runId ?? "",
      safeText(item.reason ?? ""),
    ]),
  );
}

function lineOf(parts: readonly (readonly [string, number])[]): string | null {
  const shown = parts.filter(([, count]) => count > 0);
  return shown.length === 0 ? null : shown.map(([name, count]) => `${name}: ${count}`).join(", ");
}
