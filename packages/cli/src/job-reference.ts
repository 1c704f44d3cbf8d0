import type { Client } from "@punctual/client";
import type { Job } from "@punctual/contract";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The text of every JOB argument. */
export const jobArgument = { flags: "<job>", description: "the job's id or its name" } as const;

/** The id of a job named on the command line by its id or its name. What looks like an id is one. */
export async function jobIdOf(client: Client, reference: string): Promise<string> {
  return uuid.test(reference) ? reference : (await client.jobs.getByName(reference)).jobId;
}

export async function jobOf(client: Client, reference: string): Promise<Job> {
  return uuid.test(reference) ? client.jobs.get(reference) : client.jobs.getByName(reference);
}
