import type { Client } from "@punctual/client";
import type { Job } from "@punctual/contract";
import { createCronOracle } from "./cron-oracle.ts";
import type { Draft } from "./drafts.ts";
import type { JobFact } from "./history.ts";

/** Jobs of one source that the server did not take, and why. `cronerReads` marks those that another dialect would have taken. */
export type Refused = { source: string; schedule: string; jobs: number; code: string; reason: string; cronerReads: boolean };
export type Created = { jobs: JobFact[]; refused: Refused[] };

/** Creates the drafts through the bulk route. What the server refuses is reported once for each source. */
export async function createInBulk(client: Client, drafts: readonly Draft[]): Promise<Created> {
  const sentMs = Date.now();
  const { items } = await client.jobs.bulk(drafts.map((draft) => draft.body));
  const acknowledgedMs = Date.now();
  const jobs: JobFact[] = [];
  const refused = new Map<string, Refused>();
  for (const [index, draft] of drafts.entries()) {
    const { job, problem } = items[index] ?? {};
    if (job) jobs.push(jobFact(draft, job, sentMs, acknowledgedMs));
    else {
      const schedule = draft.body.cron ?? draft.body.every ?? draft.body.runAt ?? "";
      const known = refused.get(draft.source);
      refused.set(draft.source, {
        source: draft.source,
        schedule,
        jobs: (known?.jobs ?? 0) + 1,
        code: problem?.code ?? "no answer",
        reason: problem?.detail ?? "",
        cronerReads: draft.body.cron !== undefined && cronerReads(draft.body.cron),
      });
    }
  }
  return { jobs, refused: [...refused.values()] };
}

export function jobFact(draft: Draft, job: Job, sentMs: number, acknowledgedMs: number): JobFact {
  return {
    jobId: job.jobId,
    name: draft.body.name,
    source: draft.source,
    schedule: draft.scheduleOf(job),
    sentMs,
    acknowledgedMs,
    nextRunAtMs: job.nextRunAt === null ? null : Date.parse(job.nextRunAt),
  };
}

export function cronerReads(cron: string): boolean {
  try {
    createCronOracle(cron, "UTC");
    return true;
  } catch {
    return false;
  }
}
