import { enumerateDue } from "@punctual/schedule";
import { occurrenceRunId } from "./ids.ts";
import type { JobPlan } from "./job-definition.ts";

/** A cursor that is due, as it was read. */
export type DueJob = { jobId: string; nextMs: number; dueMs: number; fired: number };

export type PlannedOccurrence = { runId: string; nominalMs: number; verdict: "run" | "skip"; reason: string | null };

/** Where a cursor stands: the nominal time, and when that starts. */
export type NextOccurrence = { nominalMs: number; dueMs: number };

export type FiringPlan = {
  /** Where the cursor goes; null when the schedule is over, `on_completion` when the run's end decides. May still be due when the page was full. */
  next: NextOccurrence | "on_completion" | null;
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
  if (left <= 0) return { next: null, counted: 0, occurrences: [] };
  if (plan.afterCompletionMs !== null) return planFixedDelay(job, plan, nowMs, left);
  const page = enumerateDue(plan.schedule, {
    cursorMs: job.nextMs,
    nowMs,
    // A job created after its time was due at its creation, not at its nominal time, and a spread one later than it: both are its author's wish, not a
    // misfire.
    windowMs: plan.misfire.windowMs + (job.dueMs - job.nextMs),
    policy: plan.misfire.policy,
    limit,
  });
  const occurrences: PlannedOccurrence[] = [];
  let counted = 0;
  for (const { nominalMs, verdict, reason } of page.occurrences) {
    if (counted >= left) break;
    // With a spread, the last one's nominal time may have come and its start not yet. The first one is due: its cursor says so.
    if (occurrences.length > 0 && plan.dueAt(nominalMs) > nowMs) return { next: cursorAt(nominalMs, plan), counted, occurrences };
    if (verdict === "run") counted++;
    occurrences.push({ runId: occurrenceRunId(job.jobId, nominalMs), nominalMs, verdict, reason: reason ?? null });
  }
  return { next: counted >= left || page.nextMs === null ? null : cursorAt(page.nextMs, plan), counted, occurrences };
}

/** With a fixed delay there is never more than one occurrence due: the next one exists only when the run of this one has ended. */
function planFixedDelay(job: DueJob, plan: JobPlan, nowMs: number, left: number): FiringPlan {
  const missed = plan.misfire.policy === "skip" && nowMs - job.dueMs > plan.misfire.windowMs;
  const occurrence = { runId: occurrenceRunId(job.jobId, job.nextMs), nominalMs: job.nextMs };
  if (missed) {
    const nextMs = nowMs + (plan.afterCompletionMs ?? 0);
    return { next: { nominalMs: nextMs, dueMs: nextMs }, counted: 0, occurrences: [{ ...occurrence, verdict: "skip", reason: "misfire" }] };
  }
  return { next: left <= 1 ? null : "on_completion", counted: 1, occurrences: [{ ...occurrence, verdict: "run", reason: null }] };
}

function cursorAt(nominalMs: number, plan: JobPlan): NextOccurrence {
  return { nominalMs, dueMs: plan.dueAt(nominalMs) };
}
