import { enumerateDue } from "@punctual/schedule";
import { occurrenceRunId } from "./ids.ts";
import type { JobPlan } from "./job-definition.ts";

/** A cursor that is due, as it was read. */
export type DueJob = { jobId: string; nextMs: number; dueMs: number; fired: number };

/** `wait`: behind an occurrence of the same job before it, under overlap `queue`. */
export type PlannedOccurrence = { runId: string; nominalMs: number; verdict: "run" | "wait" | "skip"; reason: string | null };

/** Where a cursor stands: the nominal time, and when that starts. */
export type NextOccurrence = { nominalMs: number; dueMs: number };

export type FiringPlan = {
  /** Where the cursor goes; null when the schedule is over, `on_completion` when the run's end decides. May still be due when the page was full. */
  next: NextOccurrence | "on_completion" | null;
  /** Where it goes under overlap `skip` when a live run of the job keeps the occurrence from running, which then counts for nothing. */
  nextIfSkipped: NextOccurrence | null;
  /** Occurrences that count against maxRuns: those that run. */
  counted: number;
  occurrences: PlannedOccurrence[];
};

/**
 * What firing a due cursor means: which of the occurrences from its next up to now run, which are skipped and why, and where the cursor goes. Bounded: a
 * long gap takes several calls, each continuing where the last one stopped.
 *
 * Of several occurrences that are due at once, a job whose runs must not overlap runs the first (`skip`; the rest are skipped), the first and then the others in turn
 * (`queue`), or the last (`cancel_previous`). Whether that one meets a live run of before is known to the database alone.
 *
 * @param nowMs the database's time when the cursor was read
 * @param limit occurrences a call, at least 1
 */
export function planFiring(job: DueJob, plan: JobPlan, nowMs: number, limit: number): FiringPlan {
  const left = plan.maxRuns === null ? Number.POSITIVE_INFINITY : plan.maxRuns - job.fired;
  if (left <= 0) return { next: null, nextIfSkipped: null, counted: 0, occurrences: [] };
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
  let nextMs = page.nextMs;
  for (const { nominalMs, verdict, reason } of page.occurrences) {
    // With a spread, the last one's nominal time may have come and its start not yet. The first one is due: its cursor says so.
    if (counted >= left || (occurrences.length > 0 && plan.dueAt(nominalMs) > nowMs)) {
      nextMs = nominalMs;
      break;
    }
    const occurrence = { runId: occurrenceRunId(job.jobId, nominalMs), nominalMs, verdict, reason: reason ?? null };
    if (verdict === "run" && counted > 0) counted += meet(occurrences, occurrence, plan.overlap);
    else {
      if (verdict === "run") counted++;
      occurrences.push(occurrence);
    }
  }
  const next = nextMs === null ? null : cursorAt(nextMs, plan);
  return { next: counted >= left ? null : next, nextIfSkipped: next, counted, occurrences };
}

/** Adds an occurrence that is to run behind others of the same page. @returns how many more count against maxRuns by it */
function meet(occurrences: PlannedOccurrence[], occurrence: PlannedOccurrence, overlap: JobPlan["overlap"]): number {
  if (overlap === "skip") {
    occurrences.push({ ...occurrence, verdict: "skip", reason: "overlap" });
    return 0;
  }
  if (overlap === "cancel_previous") {
    const before = occurrences.findIndex(({ verdict }) => verdict === "run");
    occurrences[before] = { ...(occurrences[before] ?? occurrence), verdict: "skip", reason: "overlap" };
    occurrences.push(occurrence);
    return 0;
  }
  occurrences.push(overlap === "queue" ? { ...occurrence, verdict: "wait" } : occurrence);
  return 1;
}

/** With a fixed delay there is never more than one occurrence due: the next one exists only when the run of this one has ended. */
function planFixedDelay(job: DueJob, plan: JobPlan, nowMs: number, left: number): FiringPlan {
  const missed = plan.misfire.policy === "skip" && nowMs - job.dueMs > plan.misfire.windowMs;
  const occurrence = { runId: occurrenceRunId(job.jobId, job.nextMs), nominalMs: job.nextMs };
  const laterMs = nowMs + (plan.afterCompletionMs ?? 0);
  const later = { nominalMs: laterMs, dueMs: laterMs };
  if (missed)
    return { next: later, nextIfSkipped: later, counted: 0, occurrences: [{ ...occurrence, verdict: "skip", reason: "misfire" }] };
  const next = left <= 1 ? null : "on_completion";
  return { next, nextIfSkipped: later, counted: 1, occurrences: [{ ...occurrence, verdict: "run", reason: null }] };
}

function cursorAt(nominalMs: number, plan: JobPlan): NextOccurrence {
  return { nominalMs, dueMs: plan.dueAt(nominalMs) };
}
