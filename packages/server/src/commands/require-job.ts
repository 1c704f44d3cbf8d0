import { PunctualError } from "@punctual/contract";
import { findJob, type JobRow } from "../store/jobs.ts";
import type { CommandContext } from "./operation.ts";

/** @throws PunctualError job_not_found, also for another tenant's job */
export async function requireJob(context: CommandContext, jobId: string): Promise<JobRow> {
  const job = await findJob(context.db, context.tenantId, jobId.toLowerCase());
  if (!job) throw jobNotFound(jobId);
  return job;
}

export function jobNotFound(which: string): PunctualError {
  return new PunctualError("job_not_found", `There is no job ${which}.`);
}

/** @throws PunctualError revision_mismatch when the author read another revision */
export function requireRevision(job: JobRow, ifMatch: number | null): void {
  if (ifMatch === null || ifMatch === job.revision) return;
  throw new PunctualError("revision_mismatch", `The job is at revision ${job.revision}; your change was made for ${ifMatch}.`);
}

export function nameTaken(name: string | null): PunctualError {
  return new PunctualError("name_taken", `A job named ${JSON.stringify(name)} exists.`, {
    faults: [{ pointer: "/name", message: "taken", found: name ?? "" }],
  });
}
