import { setTimeout as sleep } from "node:timers/promises";
import { PunctualError } from "@punctual/contract";
import { planFiring } from "../model/firing-plan.ts";
import { type JobDefinition, planOf } from "../model/job-definition.ts";
import { originKey } from "../model/ids.ts";
import { readClock } from "../store/clock.ts";
import { isUniqueViolation } from "../store/database.ts";
import { fire } from "../store/firing.ts";
import { type Revision, reviseJob } from "../store/job-revisions.ts";
import type { JobRow } from "../store/jobs.ts";
import type { Guests } from "./guests.ts";
import type { CommandContext } from "./operation.ts";
import { jobNotFound, nameTaken, requireJob, requireRevision } from "./require-job.ts";

/** Enough for a job that fires every second to be changed by several people at once. */
const tries = 20;
const pageOccurrences = 200;

/**
 * Changes a job by compare-and-set, reading again and deciding anew when someone was faster or an occurrence fell due meanwhile.
 *
 * @param decide from the job as it is, what it becomes; null when nothing is to change
 * @param apply tries the change; null when it has to be decided again
 * @returns the job as it is afterwards
 */
export async function changeJob<T>(
  context: CommandContext,
  guests: Guests,
  request: { jobId: string; ifMatch: number | null },
  decide: (job: JobRow, nowMs: number) => T | null | Promise<T | null>,
  apply: (job: JobRow, decision: T) => Promise<boolean>,
): Promise<JobRow> {
  for (let attempt = 1; attempt <= tries; attempt++) {
    const job = await requireJob(context, request.jobId);
    requireRevision(job, request.ifMatch);
    const nowMs = await readClock(context.db);
    const decision = await decide(job, nowMs);
    if (decision === null) return job;
    await recordDue(context, guests, job);
    if (await apply(job, decision)) return job;
    // Somebody else's change, or another occurrence fell due: a pause that grows lets a per-second job's owner win the race.
    await sleep(attempt * 5);
  }
  throw new PunctualError("unavailable", `Job ${request.jobId} kept changing; nothing was changed by this request.`, { retryAfterSeconds: 1 });
}

/** Applies a revision; the `apply` of changeJob for everything but deletion. */
export async function applyRevision(
  context: CommandContext,
  job: JobRow,
  endedBy: "updated" | "paused" | "resumed",
  revision: Revision,
): Promise<boolean> {
  try {
    return (await reviseJob(context.db, context.tenantId, job.job_id, job.revision, endedBy, revision)) !== null;
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
 * Fires what is due under the current revision, as ready runs, before that revision ends: an occurrence whose time came before the change belongs to it,
 * even when the engine has not come to it yet.
 */
async function recordDue(context: CommandContext, guests: Guests, job: JobRow): Promise<void> {
  let nextMs = job.next_ms;
  let fired = job.fired ?? 0;
  const firstDueMs = job.due_ms ?? 0;
  const plan = planOf(JSON.parse(job.definition) as JobDefinition);
  while (nextMs !== null) {
    const nowMs = await readClock(context.db);
    if (nextMs > nowMs) return;
    const firing = planFiring({ jobId: job.job_id, nextMs, dueMs: Math.max(nextMs, firstDueMs), fired }, plan, nowMs, pageOccurrences);
    await fire(
      context.db,
      null,
      [{ shard: job.shard, jobId: job.job_id, revision: job.revision, nextMs, newNextMs: firing.newNextMs, counted: firing.counted }],
      firing.occurrences.map((occurrence) => ({
        shard: job.shard,
        jobId: job.job_id,
        runId: occurrence.runId,
        nominalMs: occurrence.nominalMs,
        state: occurrence.verdict === "run" ? "ready" : "skipped",
        priority: plan.priority,
        origin: originKey(context.tenantId, guests.originOf(plan.target)),
        reason: occurrence.reason,
      })),
    );
    // If the engine was faster, our compare-and-set changed nothing and the next one will not either: the caller reads again.
    context.wake(job.shard);
    nextMs = firing.newNextMs;
    fired += firing.counted;
  }
}
