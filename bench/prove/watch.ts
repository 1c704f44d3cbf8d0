import { setTimeout as delay } from "node:timers/promises";
import type { ArrivalFact, JobFact } from "../lib/history.ts";
import { gaugesOf, type ProvenNode } from "../lib/node.ts";
import { streamJobs } from "../lib/stream.ts";
import type { Cluster } from "./cluster.ts";
import type { Stage } from "./set-up.ts";

/** How the kill went. */
export type Kill = {
  node: string;
  atMs: number;
  /** What the node said it held the moment before. */
  shardsBefore: number;
  runningBefore: number;
  /** Until the others owned every shard; null when they did not within half a minute. */
  shardsTakenOverAfterMs: number | null;
};

export type Times = { startMs: number; killMs: number; endMs: number };
export type Watched = { kill: Kill; streamed: JobFact[] };

const progressMs = 10_000;
const takeOverMs = 30_000;

/** The timed part: creates one-time jobs all the while, kills the last node at its time, and resolves at the end. */
export async function watch(
  stage: Stage,
  times: Times,
  arrivals: ArrivalFact[],
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Watched> {
  const ending = new AbortController();
  const stream = streamJobs(() => stage.clients, stage.receiver.urls.quick, AbortSignal.any([ending.signal, signal]));
  stream.catch(() => {});
  const progress = setInterval(() => {
    progressLine(stage, times, arrivals).then(say, () => {});
  }, progressMs);
  try {
    await until(times.killMs, signal);
    const { kill, takenOver } = await killOne(stage.cluster, say);
    await until(times.endMs, signal);
    ending.abort();
    return { kill: { ...kill, shardsTakenOverAfterMs: await takenOver }, streamed: await stream };
  } finally {
    clearInterval(progress);
    ending.abort();
  }
}

async function killOne(cluster: Cluster, say: (line: string) => void) {
  const node = cluster.nodes.at(-1) as ProvenNode;
  const before = await gaugesOf(node);
  node.child.signal("SIGKILL");
  const atMs = Date.now();
  await node.child.ended;
  const kill = { node: node.child.name, atMs, shardsBefore: before?.shards ?? 0, runningBefore: before?.running ?? 0 };
  say(`killed ${kill.node} with -9: it held ${kill.shardsBefore} shards and ${kill.runningBefore} attempts`);
  const takenOver = cluster.settled(takeOverMs);
  takenOver.catch(() => {});
  return { kill, takenOver };
}

async function progressLine({ cluster, receiver }: Stage, times: Times, arrivals: ArrivalFact[]): Promise<string> {
  const fresh = receiver.ledger.read();
  for (const arrival of fresh) arrivals.push(arrival);
  const nodes = await Promise.all(
    cluster.nodes.map(async (node) => {
      const gauges = node.child.running() ? await gaugesOf(node) : null;
      return `${node.child.name} ${gauges === null ? "gone" : `${gauges.shards} shards, ${gauges.running} running`}`;
    }),
  );
  const elapsed = `${Math.round((Date.now() - times.startMs) / 1000)} of ${Math.round((times.endMs - times.startMs) / 1000)} s`;
  return `${elapsed}: ${arrivals.length} arrivals, ${fresh.length} of them new; ${nodes.join("; ")}`;
}

async function until(epochMs: number, signal: AbortSignal): Promise<void> {
  await delay(Math.max(0, epochMs - Date.now()), undefined, { signal });
}
