import { PunctualError } from "@punctual/contract";
import { cancelRuns } from "../store/cancelling.ts";
import { findRun } from "../store/runs.ts";
import type { Operation } from "./operation.ts";
import { requireRun } from "./read-runs.ts";
import { requireJob } from "./require-job.ts";
import { runView } from "./views.ts";

const reason = "cancelled by request";

export const cancelJobRuns: Operation<"cancelJobRuns"> = async (context, { params }) => {
  const job = await requireJob(context, params.jobId);
  return { status: 200, body: await cancelRuns(context.db, context.tenantId, { jobId: job.job_id }, reason) };
};

export const cancelRun: Operation<"cancelRun"> = async (context, { params }) => {
  const run = await requireRun(context, params.runId);
  const { cancelled, cancelling } = await cancelRuns(context.db, context.tenantId, { runId: run.run_id }, reason);
  const after = (await findRun(context.db, context.tenantId, run.run_id)) ?? run;
  if (cancelled + cancelling === 0) throw new PunctualError("run_already_ended", `Run ${run.run_id} has ended: ${after.state}.`);
  return { status: 200, body: runView(after) };
};
