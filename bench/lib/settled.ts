import { setTimeout as delay } from "node:timers/promises";
import { gaugesOf, type ProvenNode } from "./node.ts";

const pollMs = 100;
const shardCount = 256;

/**
 * Resolves when the living nodes own every shard between them, and each of them some.
 *
 * @returns the milliseconds it took, or null when it took longer than `timeoutMs`
 */
export async function settled(alive: () => readonly ProvenNode[], timeoutMs: number, signal: AbortSignal): Promise<number | null> {
  const start = performance.now();
  while (performance.now() - start < timeoutMs) {
    const shards = await Promise.all(alive().map(async (node) => (await gaugesOf(node))?.shards ?? 0));
    if (shards.reduce((sum, each) => sum + each, 0) === shardCount && shards.every((each) => each > 0))
      return Math.round(performance.now() - start);
    await delay(pollMs, undefined, { signal });
  }
  return null;
}
