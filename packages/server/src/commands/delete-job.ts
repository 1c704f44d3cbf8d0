import { deleteJob as deleteRow } from "../store/job-revisions.ts";
import type { Guests } from "./guests.ts";
import type { Operation } from "./operation.ts";
import { changeJob } from "./revise.ts";

export function deleteJob(guests: Guests): Operation<"deleteJob"> {
  return async (context, { params, query, ifMatch }) => {
    const { actor } = context;
    const deletion = { runs: query.runs ?? "finish", reason: `the job was deleted by ${actor}`, by: actor };
    await changeJob(
      context,
      guests,
      { jobId: params.jobId, ifMatch },
      () => true,
      (job) => deleteRow(context.db, context.tenantId, job.job_id, { revision: job.revision, nextMs: job.next_ms }, deletion),
    );
    return { status: 204, body: undefined };
  };
}
