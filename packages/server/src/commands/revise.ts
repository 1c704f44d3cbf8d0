import { setTimeout as sleep } from "node:timers/promises";
import { PunctualError } from "@punctual/contract";
import { planFiring } from "../model/firing-plan.ts";
import { originKey } from "../model/ids.ts";
import { type JobDefinition, type JobPlan, planOf } from "../model/job-definition.ts";
import { placementOf } from "../model/placement.ts";
import { readClock } from "../store/clock.ts";
import { isUniqueViolation } from "../store/database.ts";
import { fire, fireUnlessBusy, type NewRun } from "../store/firing.ts";
import { type Revision, reviseJob } from "../store/job-revisions.ts";
import type { JobRow } from "../store/jobs.ts";
import type { Guests } from "./guests.ts";
import type { CommandContext } from "./operation.ts";
import { jobNotFound, nameTaken, requireJob, requireRevision } from "./require-job.ts";

/** Enough for a job that fires every second to be changed by several people at once. */
const tries = 20;
/** Occurrences recorded a statement, and statements a request: a per-second job can be changed after a day without an engine, in one request. */
const pageOccurrences = 1_000;
const pages = 100;

/**
 * Changes a job by compare-and-set, reading again and deciding anew when someone was faster or an occurrence fell due meanwhile.
 *
 * @param decide from the job as it is, what it becomes; null when nothing is to change
 * @param apply tries the change; false when it has to be decided again
 * @returns the job that was changed, as it was before; or as it is, when nothing was to change
 */
export async function changeJob<T>(
  context: CommandContext,
  guests: Guests,
  request: { jobId: string; ifMatch: number | null },
  decide: (job: JobRow, nowMs: number) => T | null | Promise<T | null>,
  apply: (job: JobRow, decision: T) => Promise<boolean>,
): Promise<JobRow> {
  for (let attempt = 1, page = 1; attempt <= tries && page <= pages; ) {
    const job = await requireJob(context, request.jobId);
    requireRevision(job, request.ifMatch);
    const nowMs = await readClock(context.db);
    const decision = await decide(job, nowMs);
    if (decision === null) return job;
    if (job.next_ms !== null && job.next_ms <= nowMs) {
      await recordDue(context, guests, { ...job, next_ms: job.next_ms }, nowMs);
      page++;
      continue;
    }
    if (await apply(job, decision)) return job;
    // Somebody else's change, or another occurrence fell due: a pause that grows lets a per-second job's owner win the race.
    await sleep(attempt++ * 5);
  }
  throw new PunctualError("unavailable", `Job ${request.jobId} kept changing; nothing was changed by this request.`, {
    retryAfterSeconds: 1,
  });
}

/** The cursor that starts a schedule after an instant, or ends it when there is nothing more. */
export function cursorFrom(plan: JobPlan, afterMs: number, options: { restartCount: boolean; mayHavePassed: boolean }): Revision["cursor"] {
  const nominalMs = plan.schedule.next(afterMs);
  if (nominalMs === null) return { action: "drop" };
  return { action: "set", next: { nominalMs, dueMs: plan.dueAt(nominalMs) }, afterMs: plan.afterCompletionMs, ...options };
}

/** Applies a revision; the `apply` of changeJob for everything but deletion. */
export async function applyRevision(
  context: CommandContext,
  job: JobRow,
  endedBy: "updated" | "paused" | "resumed",
  revision: Revision,
): Promise<boolean> {
  try {
    const expected = { revision: job.revision, nextMs: job.next_ms };
    return (await reviseJob(context.db, context.tenantId, job.job_id, expected, endedBy, revision)) !== null;
  } catch (error) {
    if (isUniqueViolation(error, "job_names_pkey")) throw nameTaken(revision.name);
    throw error;
  }
}

/** The job as it stands after a change. */
export async function reread(context: CommandContext, jobId: string): Promise<JobRow> {
  const job = await requireJob(context, jobId).catch(() => null);
  if (!job) throw jobNotFound(jobId);
  return job;
}

/**
 * Fires a page of what is due under the current revision, as ready runs, before that revision ends: an occurrence whose time came before the change belongs
 * to it, even when the engine has not come to it yet. If the engine is faster, the compare-and-set changes nothing: either way the job is to be read again.
 */
async function recordDue(context: CommandContext, guests: Guests, job: JobRow & { next_ms: number }, nowMs: number): Promise<void> {
  const { shard, job_id: jobId, revision, next_ms: nextMs } = job;
  const plan = planOf(JSON.parse(job.definition) as JobDefinition, jobId);
  const due = { jobId, nextMs, dueMs: job.due_ms ?? nextMs, fired: job.fired ?? 0 };
  const { next, nextIfSkipped, counted, occurrences } = planFiring(due, plan, nowMs, pageOccurrences);
  const placement = placementOf(context.tenantId, plan, originKey(context.tenantId, guests.originOf(plan.target)));
  const runs = occurrences.map(({ runId, nominalMs, verdict, reason }): NewRun => {
    const state = ({ run: "ready", wait: "waiting", skip: "skipped" } as const)[verdict];
    const expiresMs = plan.startTimeoutMs === null ? null : nominalMs + plan.startTimeoutMs;
    return { shard, jobId, runId, nominalMs, state, placement, expiresMs, held: verdict === "wait" ? "overlap" : null, reason };
  });
  const move = { shard, jobId, revision, nextMs, next, counted };
  if (plan.overlap === "allow") await fire(context.db, null, [move], runs);
  else await fireUnlessBusy(context.db, null, [{ ...move, overlap: plan.overlap, nextIfSkipped }], runs);
  context.wake(shard);
}
