import { randomBytes } from "node:crypto";
import type { Run } from "@punctual/contract";
import { manualRunId, originKey } from "../model/ids.ts";
import { type JobDefinition, planOf } from "../model/job-definition.ts";
import { acceptPayload } from "../model/job-payload.ts";
import { placementOf, requireQueueForKey } from "../model/placement.ts";
import { readClock } from "../store/clock.ts";
import type { JobRow } from "../store/jobs.ts";
import { findRun, insertManualRun, type ManualRun } from "../store/runs.ts";
import type { Guests } from "./guests.ts";
import type { CommandContext, Operation } from "./operation.ts";
import { requireJob } from "./require-job.ts";
import { runView } from "./views.ts";

/** The run is ready, not running: whichever node owns the shard claims it, within milliseconds of the wake. */
export function triggerJob(guests: Guests): Operation<"triggerJob"> {
  return async (context, { params, body }) => {
    const job = await requireJob(context, params.jobId);
    const { payload, priority, concurrencyKey } = body ?? {};
    const turn = { ...(priority !== undefined && { priority }), ...(concurrencyKey !== undefined && { concurrencyKey }) };
    const run = await startManualRun(context, guests, job, { payload: acceptPayload(payload), rerunOf: null }, turn);
    return { status: 201, body: run };
  };
}

/**
 * Adds a manual run of a job as it is now.
 *
 * @param turn what of its place in the order of claims is not the job's
 * @throws PunctualError request_invalid for a concurrency key though the job has no queue
 */
export async function startManualRun(
  context: CommandContext,
  guests: Guests,
  job: JobRow,
  what: Pick<ManualRun, "payload" | "rerunOf">,
  turn: Pick<JobDefinition, "priority" | "concurrencyKey"> = {},
): Promise<Run> {
  const plan = { ...planOf(JSON.parse(job.definition) as JobDefinition, job.job_id), ...turn };
  requireQueueForKey(plan);
  const nowMs = await readClock(context.db);
  const runId = manualRunId(job.job_id, nowMs, randomBytes(16).toString("hex"));
  const run = {
    runId,
    jobId: job.job_id,
    revision: job.revision,
    placement: placementOf(context.tenantId, plan, originKey(context.tenantId, guests.originOf(plan.target))),
    expiresMs: plan.startTimeoutMs === null ? null : nowMs + plan.startTimeoutMs,
    ...what,
  };
  await insertManualRun(context.db, context.tenantId, run, nowMs);
  context.wake(job.shard);
  const row = await findRun(context.db, context.tenantId, runId);
  if (!row) throw new ReferenceError("a run that was inserted can be read");
  return runView(row);
}
