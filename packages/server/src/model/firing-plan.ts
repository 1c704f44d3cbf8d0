import { enumerateDue } from "@punctual/schedule";
import { occurrenceRunId } from "./ids.ts";
import type { JobPlan } from "./job-definition.ts";

/** A cursor that is due, as it was read. */
export type DueJob = { jobId: string; nextMs: number; dueMs: number; fired: number };

export type PlannedOccurrence = { runId: string; nominalMs: number; verdict: "run" | "skip"; reason: string | null };

export type FiringPlan = {
  /** The cursor's next nominal time; null when the schedule is over. May still be due when the page was full. */
  newNextMs: number | null;
  /** Occurrences that count against maxRuns: those that run. */
  counted: number;
  occurrences: PlannedOccurrence[];
};

/**
 * What firing a due cursor means: which of the occurrences from its next up to now run, which are skipped and why, and where the cursor goes. Bounded: a
 * long gap takes several calls, each continuing where the last one stopped.
 *
 * @param nowMs the database's time when the cursor was read
 * @param limit occurrences a call, at least 1
 */
export function planFiring(job: DueJob, plan: JobPlan, nowMs: number, limit: number): FiringPlan {
  const left = plan.maxRuns === null ? Number.POSITIVE_INFINITY : plan.maxRuns - job.fired;
  if (left <= 0) return { newNextMs: null, counted: 0, occurrences: [] };
  const page = enumerateDue(plan.schedule, {
    cursorMs: job.nextMs,
    nowMs,
    // A job created after its time was due at its creation, not at its nominal time: that delay is its author's wish, not a misfire.
    windowMs: plan.misfire.windowMs + (job.dueMs - job.nextMs),
    policy: plan.misfire.policy,
    limit,
  });
  const occurrences: PlannedOccurrence[] = [];
  let counted = 0;
  for (const { nominalMs, verdict, reason } of page.occurrences) {
    if (counted >= left) break;
    if (verdict === "run") counted++;
    occurrences.push({ runId: occurrenceRunId(job.jobId, nominalMs), nominalMs, verdict, reason: reason ?? null });
  }
  return { newNextMs: counted >= left ? null : page.nextMs, counted, occurrences };
}
