import { isDeepStrictEqual } from "node:util";
import { type Client, PunctualApiError } from "@punctual/client";
import type { Job, UpsertJobBody } from "@punctual/contract";
import type { CrontabJob } from "./jobs.ts";

/** What an import does, or would do, with a job: `failed` was refused by the server; `not_sent` came after the server was lost. */
export type ImportAction = "create" | "update" | "unchanged" | "failed" | "not_sent";
export type ImportedJob = {
  line: number;
  name: string;
  action: ImportAction;
  jobId: string | null;
  reason: string | null;
  error: PunctualApiError | null;
};

/**
 * Brings the jobs to the server by name, one after the other; a plan instead when `dryRun`. A job that the server refuses does not stop the others. When the
 * server itself fails, the rest is not tried: every further request would wait for its own timeout only to fail like the first.
 */
export async function importJobs(client: Client, jobs: readonly CrontabJob[], options: { dryRun: boolean }): Promise<ImportedJob[]> {
  const imported: ImportedJob[] = [];
  let lost: PunctualApiError | null = null;
  for (const job of jobs) {
    if (lost !== null) {
      imported.push({ line: job.line, name: job.name, action: "not_sent", jobId: null, reason: lost.detail, error: lost });
      continue;
    }
    try {
      const { action, jobId } = options.dryRun ? await planOne(client, job) : await importOne(client, job);
      imported.push({ line: job.line, name: job.name, action, jobId, reason: null, error: null });
    } catch (error) {
      if (!(error instanceof PunctualApiError)) throw error;
      imported.push({ line: job.line, name: job.name, action: "failed", jobId: null, reason: error.detail, error });
      // A wrong key is refused for every job alike.
      if (error.retryable || error.status === null || error.status === 401 || error.status === 403) lost = error;
    }
  }
  return imported;
}

type Outcome = { action: ImportAction; jobId: string | null };

async function planOne(client: Client, job: CrontabJob): Promise<Outcome> {
  const current = await findByName(client, job.name);
  if (current === null) return { action: "create", jobId: null };
  return { action: isSame(current, job.body) ? "unchanged" : "update", jobId: current.jobId };
}

/** The revision before and after tells what happened; whether two definitions are equal is the server's own decision. */
async function importOne(client: Client, job: CrontabJob): Promise<Outcome> {
  const before = await findByName(client, job.name);
  const after = await client.jobs.upsert(job.name, job.body);
  if (before === null || before.jobId !== after.jobId) return { action: "create", jobId: after.jobId };
  return { action: before.revision === after.revision ? "unchanged" : "update", jobId: after.jobId };
}

async function findByName(client: Client, name: string): Promise<Job | null> {
  try {
    return await client.jobs.getByName(name);
  } catch (error) {
    if (error instanceof PunctualApiError && error.code === "job_not_found") return null;
    throw error;
  }
}

/**
 * Whether the server would keep the job as it is. Policies (retry, timeout, ...) are not compared, for the server shows them with its defaults filled in: one
 * that was changed by hand is put back by an import whose plan said `unchanged`.
 */
function isSame(job: Job, body: UpsertJobBody): boolean {
  const schedule = { cron: job.cron, timezone: job.timezone, every: job.every, runAt: job.runAt, startAt: job.startAt, endAt: job.endAt };
  const wanted = { cron: body.cron, timezone: body.timezone, every: undefined, runAt: undefined, startAt: undefined, endAt: undefined };
  return (
    isDeepStrictEqual(schedule, wanted) &&
    isDeepStrictEqual(job.target, body.target) &&
    isDeepStrictEqual(job.payload, body.payload) &&
    isDeepStrictEqual(job.labels, body.labels)
  );
}
