import type { Target as TargetSpec } from "@punctual/contract";
import { newJob } from "../../src/commands/create-job.ts";
import { jobId as newJobId, queueKey, shardOfQueue } from "../../src/model/ids.ts";
import { acceptJob } from "../../src/model/job-definition.ts";
import type { NewJob } from "../../src/store/jobs.ts";
import type { Chance } from "./random.ts";

/** The database's time when a simulation begins: five seconds before a full minute. */
export const epochMs = Date.parse("2027-03-01T08:59:55Z");

/** How the attempts of a job go: how likely each fails, and for how long it takes at most. */
export type Manners = { fails: number; longestMs: number };

export type SimulatedJob = {
  row: NewJob;
  manners: Manners;
  /** Whether an occurrence may be skipped, as one before it is still running. */
  maySkip: boolean;
  /** What its runs go through. */
  queue: SimulatedQueue | null;
  /** Every occurrence that its schedule has, worked out without Punctual. */
  nominals: readonly number[];
};

export type SimulatedQueue = { name: string; concurrency: number };
/** Where some of a seed's jobs meet: one for nodes, one for workers. */
export type Queues = { narrow: SimulatedQueue; pulled: SimulatedQueue };

type Draft = { schedule: object; nominals: number[]; manners: Manners; policy?: object; maySkip?: boolean; queue?: SimulatedQueue };

const quick: Manners = { fails: 0, longestMs: 30 };
const slow: Manners = { fails: 0, longestMs: 1_500 };
const middling: Manners = { fails: 0, longestMs: 700 };
/** Held for long enough that its node has looked through what it holds meanwhile. */
const long: Manners = { fails: 0, longestMs: 50_000 };
/** Sometimes for longer than the lease of a worker. */
const drawnOut: Manners = { fails: 0.1, longestMs: 3_300 };
const flaky: Manners = { fails: 0.4, longestMs: 200 };

/**
 * The jobs of a seed: every second, every minute, once; with retries, with overlap policies, through a queue, and a herd that is due at one moment.
 *
 * @param chaosMs none of them has an occurrence later than this
 */
export function draftJobs(chance: Chance, tenantId: number, { narrow, pulled }: Queues, chaosMs: number): SimulatedJob[] {
  const endMs = epochMs + chaosMs;
  const every = (seconds: number, rest: Omit<Draft, "schedule" | "nominals">): Draft => {
    const anchorMs = epochMs + chance.whole(100, 900);
    const nominals: number[] = [];
    for (let at = anchorMs; at <= endMs; at += seconds * 1_000) nominals.push(at);
    return { schedule: { every: `${seconds}s`, anchor: instant(anchorMs), endAt: instant(endMs) }, nominals, ...rest };
  };
  const once = (atMs: number, manners: Manners): Draft => ({ schedule: { runAt: instant(atMs) }, nominals: [atMs], manners });
  const queued = (draft: Draft): Draft => ({ ...draft, policy: { ...draft.policy, queue: narrow.name }, queue: narrow });
  const herdMs = epochMs + chance.whole(2_000, chaosMs - 2_000);
  const retry = { retry: { attempts: 4, backoff: "fixed", baseDelay: "1s", jitter: chance.pick(["none", "full"]) } };
  const overlap = chance.pick(["allow", "cancel_previous"]);
  const pulling = { target: { type: "worker", queue: pulled.name } };
  const drafts: Draft[] = [
    every(1, { manners: quick }),
    every(1, { manners: slow }),
    every(2, { manners: flaky, policy: retry }),
    every(2, { manners: slow, policy: { overlap: "skip" }, maySkip: true }),
    every(3, { manners: flaky, policy: { ...retry, overlap: "queue" } }),
    queued(every(2, { manners: middling })),
    queued(every(3, { manners: flaky, policy: retry })),
    ...Array.from({ length: 3 }, () => queued(once(herdMs, middling))),
    {
      ...every(4, { manners: drawnOut, policy: { ...retry, ...pulling, overlap }, maySkip: overlap === "cancel_previous" }),
      queue: pulled,
    },
    { schedule: { cron: "* * * * *", endAt: instant(endMs) }, nominals: [epochMs + 5_000], manners: quick },
    ...Array.from({ length: 3 }, () => once(epochMs + chance.whole(0, chaosMs), chance.pick([quick, slow]))),
    { ...once(epochMs + chance.whole(0, chaosMs), long), policy: { timeout: "1m" } },
    ...Array.from({ length: chance.pick([0, 0, 25]) }, () => once(herdMs, quick)),
  ];
  return drafts.map((draft) => {
    const shard = draft.queue ? shardOfQueue(queueKey(tenantId, draft.queue.name)) : null;
    return simulatedJob(draft, newJobId(epochMs, hexOf(chance), shard), tenantId);
  });
}

export function draftQueues(chance: Chance): Queues {
  return { narrow: { name: "narrow", concurrency: chance.pick([1, 2]) }, pulled: { name: "pulled", concurrency: 1 } };
}

function simulatedJob(draft: Draft, jobId: string, tenantId: number): SimulatedJob {
  const { schedule, nominals, manners, policy = {}, maySkip = false, queue = null } = draft;
  const target: TargetSpec = { type: "http", url: `https://${jobId}.example/` };
  const accepted = acceptJob(jobId, { target, ...schedule, timeout: "4s", ...policy }, epochMs, () => []);
  return { row: newJob(tenantId, jobId, accepted, epochMs), manners, maySkip, queue, nominals };
}

function hexOf(chance: Chance): string {
  return Array.from({ length: 20 }, () => chance.whole(0, 15).toString(16)).join("");
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
