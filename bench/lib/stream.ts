import { setTimeout as delay } from "node:timers/promises";
import { type Client, PunctualApiError } from "@punctual/client";
import type { Job } from "@punctual/contract";
import { jobFact } from "./create.ts";
import { type Draft, onceDraft } from "./drafts.ts";
import type { JobFact } from "./history.ts";

const everyMs = 500;
const defaultGiveUpMs = 30_000;
const retryMs = 200;
/** A quarter of the jobs are for a time in the past, up to a day ago; they run at once. The others are for the next seconds. */
const offsetsMs = [
  1_000, -1_000, 4_321, 9_876, 2_500, -60_000, 17_171, 300, 6_000, -3_600_000, 1_234, 12_000, 800, -86_400_000, 3_000, 20_000,
];

type DraftOf = (name: string, runAtMs: number, url: string) => Draft;

/**
 * Creates a one-time job every half second until the signal, through the nodes in turn, as a careful caller does: with an idempotency key, and when a node
 * does not answer, again through the next one under the same key. So a kill in the middle of a request leaves no doubt about the job.
 */
export async function streamJobs(
  clients: () => readonly Client[],
  url: string,
  until: AbortSignal,
  options: { giveUpMs?: number; draftOf?: DraftOf } = {},
): Promise<JobFact[]> {
  const { giveUpMs = defaultGiveUpMs, draftOf = onceDraft } = options;
  const creating: Promise<JobFact>[] = [];
  for (let index = 0; !until.aborted; index++) {
    const made = createOne(clients, index, (sentMs) => draftOf(nameOf(index), runAtOf(index, sentMs), url), giveUpMs);
    // Judged by the `all` below, at the end: until then a refusal must not count as unhandled.
    made.catch(() => {});
    creating.push(made);
    await delay(everyMs, undefined, { signal: until }).catch(() => {});
  }
  return Promise.all(creating);
}

const nameOf = (index: number): string => `once-stream-${index + 1}`;
const runAtOf = (index: number, sentMs: number): number => sentMs + (offsetsMs[index % offsetsMs.length] ?? 0);

async function createOne(
  clients: () => readonly Client[],
  index: number,
  draftAt: (sentMs: number) => Draft,
  giveUpMs: number,
): Promise<JobFact> {
  const sentMs = Date.now();
  const draft = draftAt(sentMs);
  const deadline = performance.now() + giveUpMs;
  for (let turn = index; ; turn++) {
    const all = clients();
    const client = all[turn % all.length];
    if (!client) {
      if (performance.now() > deadline) throw new Error(`for ${giveUpMs} ms there was no node to create jobs through`);
      await delay(retryMs);
      continue;
    }
    try {
      const job: Job = await client.jobs.create(draft.body, { idempotencyKey: draft.body.name });
      return jobFact(draft, job, sentMs, Date.now());
    } catch (error) {
      if (!(error instanceof PunctualApiError) || !error.retryable || performance.now() > deadline) throw error;
      await delay(retryMs);
    }
  }
}
