import type { NextOccurrence } from "./firing-plan.ts";
import { occurrenceRunId } from "./ids.ts";
import type { JobPlan } from "./job-definition.ts";

export type PassedOver = {
  occurrences: { runId: string; nominalMs: number }[];
  /** Where the cursor goes; null when the schedule is over. Still at or before `upToMs` when the limit was reached. */
  next: NextOccurrence | null;
  /** Against maxRuns. */
  counted: number;
};

/**
 * The occurrences of a standing cursor up to a time, none of which is to run any more.
 *
 * @param options.counts whether they count against maxRuns: those that are said to have run do
 * @param options.limit at most this many, at least 1
 */
export function passOver(
  job: { jobId: string; nextMs: number; fired: number },
  plan: JobPlan,
  { upToMs, nowMs, counts, limit }: { upToMs: number; nowMs: number; counts: boolean; limit: number },
): PassedOver {
  const left = plan.maxRuns === null ? Number.POSITIVE_INFINITY : plan.maxRuns - job.fired;
  const most = counts ? Math.min(limit, left) : limit;
  const occurrences: PassedOver["occurrences"] = [];
  let nextMs: number | null = job.nextMs;
  while (nextMs !== null && plan.dueAt(nextMs) <= upToMs && occurrences.length < most) {
    occurrences.push({ runId: occurrenceRunId(job.jobId, nextMs), nominalMs: nextMs });
    // With a fixed delay the run that is passed over ends now.
    nextMs = plan.afterCompletionMs === null ? plan.schedule.next(nextMs) : nowMs + plan.afterCompletionMs;
  }
  const counted = counts ? occurrences.length : 0;
  const isOver = nextMs === null || counted >= left;
  return { occurrences, next: isOver || nextMs === null ? null : { nominalMs: nextMs, dueMs: plan.dueAt(nextMs) }, counted };
}
