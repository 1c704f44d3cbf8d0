import type { Child } from "../lib/child.ts";
import { nodeReady, type ProvenNode, spawnNode, stopNode } from "../lib/node.ts";
import { settled } from "../lib/settled.ts";

const readyMs = 60_000;

export type Cluster = {
  nodes: readonly ProvenNode[];
  alive(): readonly ProvenNode[];
  /** Resolves when the living nodes own every shard between them. @returns the milliseconds it took, or null when it took longer than `timeoutMs` */
  settled(timeoutMs: number): Promise<number | null>;
  /** SIGTERM to all that live. @returns a sentence for each that did not end as it should: code 0, in time, leaving nothing behind */
  stop(): Promise<string[]>;
  kill(): void;
};

/** Starts the nodes on one database and one data folder, and resolves when all are ready and own something. The first sets the database up; the others join. */
export async function startCluster(count: number, databaseUrl: string, folder: string, signal: AbortSignal): Promise<Cluster> {
  const children: Child[] = [];
  const start = (number: number): Promise<ProvenNode> => {
    const child = spawnNode({ name: `node-${number}`, databaseUrl, folder });
    children.push(child);
    return nodeReady(child, signal);
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

function clusterOf(nodes: readonly ProvenNode[], kill: () => void, signal: AbortSignal): Cluster {
  const alive = (): ProvenNode[] => nodes.filter((node) => node.child.running());
  return {
    nodes,
    alive,
    kill,
    settled: (timeoutMs) => settled(alive, timeoutMs, signal),
    stop: async () => (await Promise.all(alive().map(stopNode))).flat(),
  };
}
