import type { CreateJobBody, Job } from "@punctual/contract";
import { createInBulk } from "../lib/create.ts";
import { type Draft, onceDraft, type ReceiverUrls } from "../lib/drafts.ts";
import type { JobFact } from "../lib/history.ts";
import { streamJobs } from "../lib/stream.ts";
import type { Stage } from "./stage.ts";

/** Often and soon: a run may lose several attempts to the faults of one scenario, and every one of them must be over soon after the end. */
export const patience = { attempts: 30, backoff: "fixed" as const, baseDelay: "1s" };

/** Jobs of each kind that fire throughout; `slow` ones keep attempts under way at any moment, and their anchors are spread over the second. */
const recurring = [
  { every: "1s", everyMs: 1_000, jobs: 8, target: "quick", spread: false },
  { every: "1s", everyMs: 1_000, jobs: 24, target: "slow", spread: true },
  { every: "2s", everyMs: 2_000, jobs: 4, target: "quick", spread: true },
  { every: "3s", everyMs: 3_000, jobs: 3, target: "slow", spread: true },
] as const;
const crons = ["* * * * * *", "*/2 * * * * *", "*/5 * * * * *"];

export type Workload = {
  jobs: readonly JobFact[];
  /** Ends the stream of new jobs. @returns every job, those of the stream included */
  finish(): Promise<readonly JobFact[]>;
};

/**
 * Creates jobs that fire every few seconds, and from then on another one-time job every half second, through whichever nodes serve. A creation that got no
 * answer is repeated under its idempotency key: what was acknowledged must be there, and nothing twice.
 *
 * @param giveUpMs how long a creation is repeated; longer than any fault lasts
 */
export async function startWorkload(stage: Stage, giveUpMs: number, signal: AbortSignal): Promise<Workload> {
  const { urls } = stage.receiver;
  const [client] = stage.clients();
  if (!client) throw new Error("there is no node");
  const { jobs, refused } = await createInBulk(client, drafts(Date.now(), urls));
  if (refused.length > 0)
    throw new Error(`the server refused ${refused.map(({ schedule, reason }) => `${schedule}: ${reason}`).join("; ")}`);
  const ending = new AbortController();
  const streaming = streamJobs(stage.clients, urls.quick, AbortSignal.any([ending.signal, signal]), {
    giveUpMs,
    draftOf: (name, runAtMs, url) => patient(onceDraft(name, runAtMs, url)),
  });
  streaming.catch(() => {});
  return {
    jobs,
    async finish() {
      ending.abort();
      return [...jobs, ...stage.extraJobs, ...(await streaming)];
    },
  };
}

function drafts(nowMs: number, urls: ReceiverUrls): Draft[] {
  const intervals = recurring.flatMap(({ every, everyMs, jobs, target, spread }) =>
    Array.from({ length: jobs }, (_, n): Draft => {
      const anchor = spread ? { anchor: new Date(nowMs + Math.round((n * everyMs) / jobs) - everyMs).toISOString() } : {};
      const body = { name: `every-${every}-${target}-${n + 1}`, every, ...anchor, target: http(urls[target]) };
      return { source: `every ${every}`, body, scheduleOf: (job) => ({ everyMs, anchorMs: anchorOf(job) }) };
    }),
  );
  const timed = crons.map((cron, n): Draft => {
    const body = { name: `cron-${n + 1}`, cron, target: http(urls.quick) };
    return { source: `cron ${cron}`, body, scheduleOf: () => ({ cron, timezone: "UTC" }) };
  });
  return [...intervals, ...timed].map(patient);
}

const patient = (draft: Draft): Draft => ({ ...draft, body: { ...draft.body, retry: patience } });
const http = (url: string): CreateJobBody["target"] => ({ type: "http", url });

function anchorOf({ anchor }: Job): number {
  if (anchor === undefined) throw new Error("the API's answer to a job with `every` names no anchor");
  return Date.parse(anchor);
}
