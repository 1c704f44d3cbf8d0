import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "./child.ts";

export const punctualBin = fileURLToPath(new URL("../../packages/cli/bin/punctual.js", import.meta.url));

const readyMs = 60_000;
const stopMs = 60_000;
const pollMs = 100;
const shardCount = 256;

/** A node as a real process. */
export type ProvenNode = { child: Child; url: string };
export type Gauges = { shards: number; running: number };

export type Cluster = {
  nodes: readonly ProvenNode[];
  alive(): readonly ProvenNode[];
  /** Resolves when the living nodes own every shard between them. @returns the milliseconds it took, or null when it took longer than `timeoutMs` */
  settled(timeoutMs: number): Promise<number | null>;
  /** What the node says about itself; null when it does not answer. */
  gauges(node: ProvenNode): Promise<Gauges | null>;
  /** SIGTERM to all that live. @returns a sentence for each that did not end as it should: code 0, in time, leaving nothing behind */
  stop(): Promise<string[]>;
  kill(): void;
};

/** Starts the nodes on one database and one data folder, and resolves when all are ready and own something. The first sets the database up; the others join. */
export async function startCluster(count: number, databaseUrl: string, folder: string, signal: AbortSignal): Promise<Cluster> {
  const children: Child[] = [];
  const start = (number: number): Promise<ProvenNode> => {
    const child = startNode(number, databaseUrl, folder);
    children.push(child);
    return ready(child, signal);
  };
  const kill = (): void => children.filter((child) => child.running()).forEach((child) => child.signal("SIGKILL"));
  try {
    const first = await start(1);
    const others = await Promise.all(Array.from({ length: count - 1 }, (_, index) => start(index + 2)));
    const cluster = clusterOf([first, ...others], kill, signal);
    if ((await cluster.settled(readyMs)) === null) throw new Error(`after ${readyMs} ms the nodes do not own all shards between them`);
    return cluster;
  } catch (error) {
    kill();
    throw error;
  }
}

function startNode(number: number, databaseUrl: string, folder: string): Child {
  const name = `node-${number}`;
  const args = [punctualBin, "dev", "--port", "0", "--data-dir", `${folder}/data`, "--node-name", name, "--log-level", "warn"];
  return startChild(name, args, { cwd: folder, env: { ...cleanEnvironment(), DATABASE_URL: databaseUrl } });
}

/** The caller's settings for Punctual must not leak into the proof. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PUNCTUAL_|DATABASE_URL$)/.test(name)));
}

async function ready(child: Child, signal: AbortSignal): Promise<ProvenNode> {
  const url = await child.line(/Punctual serves (\S+)/, readyMs);
  const deadline = performance.now() + readyMs;
  while (performance.now() < deadline && child.running()) {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return { child, url };
    await delay(pollMs, undefined, { signal });
  }
  throw new Error(`${child.name} is not ready. Its last lines:\n${child.tail()}`);
}

function clusterOf(nodes: readonly ProvenNode[], kill: () => void, signal: AbortSignal): Cluster {
  const alive = (): ProvenNode[] => nodes.filter((node) => node.child.running());
  return {
    nodes,
    alive,
    gauges,
    kill,
    async settled(timeoutMs) {
      const start = performance.now();
      while (performance.now() - start < timeoutMs) {
        const shards = await Promise.all(alive().map(async (node) => (await gauges(node))?.shards ?? 0));
        if (shards.reduce((sum, each) => sum + each, 0) === shardCount && shards.every((each) => each > 0))
          return Math.round(performance.now() - start);
        await delay(pollMs, undefined, { signal });
      }
      return null;
    },
    stop: async () => (await Promise.all(alive().map(stopNode))).flat(),
  };
}

async function gauges({ url }: ProvenNode): Promise<Gauges | null> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
  const text = await answer?.text().catch(() => null);
  if (text === null || text === undefined) return null;
  const gauge = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? Number.NaN);
  return { shards: gauge("punctual_shards_owned"), running: gauge("punctual_running") };
}

async function stopNode({ child }: ProvenNode): Promise<string[]> {
  child.signal("SIGTERM");
  const timer = new AbortController();
  const end = await Promise.race([child.ended, delay(stopMs, "late" as const, { signal: timer.signal })]).finally(() => timer.abort());
  if (end === "late") child.signal("SIGKILL");
  if (end === "late") return [`${child.name} did not stop within ${stopMs} ms of SIGTERM. Its last lines:\n${child.tail()}`];
  if (end !== 0) return [`${child.name} ended with ${end} after SIGTERM. Its last lines:\n${child.tail()}`];
  return child.groupAlive() ? [`${child.name} left processes behind`] : [];
}
