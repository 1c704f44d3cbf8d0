import { PunctualError } from "@punctual/contract";
import { shardOf } from "../model/ids.ts";
import { cancelRuns } from "../store/cancelling.ts";
import { findRun } from "../store/runs.ts";
import type { CommandContext, Operation } from "./operation.ts";
import { requireRun } from "./read-runs.ts";
import { requireJob } from "./require-job.ts";
import { runView } from "./views.ts";

export const cancelJobRuns: Operation<"cancelJobRuns"> = async (context, { params, body }) => {
  const job = await requireJob(context, params.jobId);
  const cancelled = await cancelRuns(context.db, context.tenantId, { jobId: job.job_id }, wishOf(context, body?.reason));
  context.wake(job.shard);
  return { status: 200, body: cancelled };
};

export const cancelRun: Operation<"cancelRun"> = async (context, { params, body }) => {
  const run = await requireRun(context, params.runId);
  const wish = wishOf(context, body?.reason);
  const { cancelled, cancelling } = await cancelRuns(context.db, context.tenantId, { runId: run.run_id }, wish);
  // Another run of the job may have waited for its end.
  context.wake(shardOf(run.run_id));
  const after = (await findRun(context.db, context.tenantId, run.run_id)) ?? run;
  if (cancelled + cancelling === 0) throw new PunctualError("run_already_ended", `Run ${run.run_id} has ended: ${after.state}.`);
  return { status: 200, body: runView(after) };
};

/** Names its author in the reason too: that is what people read in a list. */
function wishOf({ actor }: CommandContext, reason: string | undefined): { reason: string; by: string } {
  return { reason: `cancelled by ${actor}${reason === undefined ? "" : `: ${reason}`}`, by: actor };
}
