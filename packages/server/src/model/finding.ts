import { auditProblems, type FindingKind } from "@punctual/contract";
import { type AuditedJob, compareOccurrences, type ExpectedOccurrence, type RecordedOccurrence } from "./audit.ts";

/** Something about a job that must never be. */
export type Finding = { kind: FindingKind; shard: number; jobId: string; tenantId: number; nominalMs: number | null; detail: string };

/** A job as the watchdog looks at it. */
export type WatchedJob = {
  shard: number;
  jobId: string;
  tenantId: number;
  /** Whether a scheduled run of it is live. */
  isLive: boolean;
};

/** What is due for so short a time may be fired between two reads, which is nothing to find. */
export const settledMs = 60_000;

/**
 * An active job that ought to fire again and has no next occurrence. Not one with maxRuns, whose count may be used up: when it is not, the audit misses its
 * next occurrence.
 */
export function withoutNext(job: WatchedJob, { revisions, cursorMs }: AuditedJob, nowMs: number): Finding | null {
  const current = revisions.at(-1);
  if (current === undefined || current.validToMs !== null || !current.isActive || cursorMs !== null) return null;
  const { shard, jobId, tenantId } = job;
  const finding = { kind: "no_next_occurrence" as const, shard, jobId, tenantId, nominalMs: null };
  const { plan } = current;
  if (plan.maxRuns !== null) return null;
  if (plan.afterCompletionMs !== null)
    return job.isLive ? null : { ...finding, detail: "no run of it is live, at whose end the next one would be due" };
  const nextMs = plan.schedule.next(nowMs);
  return nextMs === null ? null : { ...finding, detail: `its schedule has one at ${new Date(nextMs).toISOString()}` };
}

/** What an audit finds in a window, a finding a kind. What is overdue is not among it: cursors are watched by themselves. */
export function auditFindings(
  job: WatchedJob,
  audited: AuditedJob,
  expected: readonly ExpectedOccurrence[],
  recorded: readonly RecordedOccurrence[],
  window: { fromMs: number; nowMs: number },
): Finding[] {
  const problems = compareOccurrences(audited, expected, recorded, window);
  return auditProblems.flatMap((kind) => {
    const found = kind === "overdue" ? [] : problems.filter(({ verdict }) => verdict === kind);
    const [first] = found;
    if (kind === "overdue" || first === undefined) return [];
    const { shard, jobId, tenantId } = job;
    const detail = `${found.length} occurrences, the first at ${new Date(first.nominalMs).toISOString()}`;
    return [{ kind, shard, jobId, tenantId, nominalMs: first.nominalMs, detail }];
  });
}
