import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient } from "@punctual/client";
import { type Child, startChild } from "../../lib/child.ts";
import { cleanEnvironment } from "../../lib/node.ts";
import { carriedOf, watch } from "../carry.ts";
import { type Nodes, profiling, startNodes } from "../nodes.ts";
import type { Context, Scenario } from "../scenario.ts";
import { type Stage, setUpStage } from "../stage.ts";

const jobs = 24_000;
/** Just above what is carried, as of `http`. */
const defaultRate = 8_500;
const defaultSeconds = 60;
/** A queue lives in one shard and has one claimer at a time: as many as keep a node and a worker busy. */
const queues = Array.from({ length: 16 }, (_, index) => `bench-${index}`);
const readyMs = 30_000;

export const worker: Scenario = {
  name: "worker",
  purpose: "pull workers in a process of their own: over HTTP they lease and complete a hundred runs a request (--nodes N, --rate N)",
  async run(context) {
    const { options, signal } = context;
    const stage = await setUpStage(context);
    const nodes = await startNodes(stage, context, { count: options.nodes, noop: false, slots: 1_000 });
    await createJobs(stage, nodes, Math.max(1_000, Math.round((jobs / (options.rate ?? defaultRate)) * 1_000)));
    const child = await startWorker(context, stage, nodes);
    await delay(options.warmupSeconds * 1_000, undefined, { signal });
    const usage = await watch(context, stage, [...nodes.pids, child.pid], options.seconds ?? defaultSeconds);
    child.signal("SIGTERM");
    const failures = Number(await child.line(/^failures (\d+)$/, readyMs));
    await nodes.stop();
    const { figures } = await carriedOf(stage, usage, { offeredPerSecond: options.rate ?? defaultRate, nodes: options.nodes, failures });
    return figures;
  },
};

/** Through the API, for a queue and its jobs share a shard. Each job counts from an anchor of its own, so that they are spread over the interval. */
async function createJobs(stage: Stage, { urls: [baseUrl = ""] }: Nodes, everyMs: number): Promise<void> {
  const client = createClient({ baseUrl, apiKey: stage.apiKey });
  const fromMs = Date.now();
  const bodies = Array.from({ length: jobs }, (_, index) => ({
    every: `${everyMs}ms`,
    anchor: new Date(fromMs + Math.floor((index * everyMs) / jobs)).toISOString(),
    target: { type: "worker" as const, queue: queues[index % queues.length] ?? "" },
  }));
  const { failed, items } = await client.jobs.bulk(bodies);
  if (failed > 0) throw new Error(`${failed} jobs were refused: ${JSON.stringify(items.find(({ problem }) => problem))}`);
}

async function startWorker({ profiles, cleanup }: Context, stage: Stage, { urls: [url = ""] }: Nodes): Promise<Child> {
  const program = fileURLToPath(new URL("../programs/worker.ts", import.meta.url));
  const env = { ...cleanEnvironment(), BENCH_URL: url, BENCH_API_KEY: stage.apiKey, BENCH_QUEUES: queues.join(",") };
  const args = [...profiling(profiles), "--import", import.meta.resolve("tsx"), program];
  const child = startChild("worker", args, { cwd: stage.folder, env });
  cleanup.add(() => child.signal("SIGKILL"));
  await child.line(/^working$/, readyMs);
  return child;
}
