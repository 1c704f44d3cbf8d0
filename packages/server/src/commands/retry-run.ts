import { PunctualError } from "@punctual/contract";
import { originKey, shardOf } from "../model/ids.ts";
import { type JobDefinition, planOf } from "../model/job-definition.ts";
import { placementOf } from "../model/placement.ts";
import { transition } from "../model/run-states.ts";
import { readPlans } from "../store/plans.ts";
import { readRunPayload, retryEndedRun } from "../store/retrying.ts";
import type { Guests } from "./guests.ts";
import type { Operation } from "./operation.ts";
import { requireRun } from "./read-runs.ts";
import { requireJob } from "./require-job.ts";
import { startManualRun } from "./trigger-job.ts";
import { runView } from "./views.ts";

/** Under the revision it was fired with, which is kept also when the job was changed or deleted since. */
export function retryRun(guests: Guests): Operation<"retryRun"> {
  return async (context, { params }) => {
    const run = await requireRun(context, params.runId);
    if (transition(run.state, "retry") === null) throw notRetryable(run.run_id, run.state);
    const [row] = await readPlans(context.db, [{ jobId: run.job_id, revision: run.revision }]);
    if (!row) throw new ReferenceError("a run's revision can be read as long as the run");
    const plan = planOf(JSON.parse(row.definition) as JobDefinition, run.job_id);
    const placement = placementOf(context.tenantId, plan, originKey(context.tenantId, guests.originOf(plan.target)));
    const isRetried = await retryEndedRun(context.db, context.tenantId, run.run_id, placement);
    if (isRetried) context.wake(shardOf(run.run_id));
    const after = await requireRun(context, params.runId);
    // Somebody else was quicker.
    if (!isRetried) throw notRetryable(run.run_id, after.state);
    return { status: 200, body: runView(after) };
  };
}

export function runAgain(guests: Guests): Operation<"runAgain"> {
  return async (context, { params }) => {
    const run = await requireRun(context, params.runId);
    const job = await requireJob(context, run.job_id);
    const payload = await readRunPayload(context.db, run.run_id);
    return { status: 201, body: await startManualRun(context, guests, job, { payload, rerunOf: run.run_id }) };
  };
}

function notRetryable(runId: string, state: string): PunctualError {
  return new PunctualError("run_not_retryable", `Run ${runId} is ${state}; only dead and cancelled runs can be retried.`);
}
