import type { QueueClaim } from "../store/queue-claims.ts";

/** What a queue waits for: a run of its own to end, a run that may begin where the others may not, or time alone to pass. */
type Until = { shard: number; untilMs: number; place: boolean; runs: boolean };

/** Queues whose head cannot begin now: they are left alone until something may have changed, so that a queue that is full costs nothing. */
export type QueueRests = {
  /** Lets a queue rest, as long as its last claim says. */
  rest(queue: { shard: number; queue: number }, claim: Pick<QueueClaim, "blocked" | "retryInMs">, nowMs: number): void;
  resting(): number[];
  /** Ends the rests that are over. @returns their shards */
  over(nowMs: number): number[];
  /** A run of this shard ended: ends the rests there that wait for a place. @returns whether there was one */
  placeFree(shard: number): boolean;
  /** More runs of this shard are ready: ends the rests there of queues none of whose runs could begin, for a new one may. */
  runReady(shard: number): void;
  /** Settings of queues in these shards may have changed. */
  clear(shards: Iterable<number> | null): void;
  /** When the next rest is over; Infinity without any. */
  nextMs(): number;
};

/** Polling is the truth: whatever a queue waits for, it is asked again after a second. */
const longestMs = 1_000;
/** Others claim from it, or have its runs locked. */
const contestedMs = 10;
/** All its ready runs are of keys or origins at their limit, or another claimer was quicker. */
const nothingMs = 200;

/** Times are monotonic, of this node. */
export function createQueueRests(): QueueRests {
  const rests = new Map<number, Until>();
  return {
    rest({ shard, queue }, { blocked, retryInMs }, nowMs) {
      const ms = blocked === "raced" ? contestedMs : blocked === null ? nothingMs : Math.min(longestMs, retryInMs ?? longestMs);
      rests.set(queue, {
        shard,
        untilMs: nowMs + Math.max(1, ms),
        place: blocked === "concurrency" || blocked === null,
        runs: blocked === null,
      });
    },
    resting: () => [...rests.keys()],
    over(nowMs) {
      const ended = [...rests].filter(([, rest]) => rest.untilMs <= nowMs);
      for (const [queue] of ended) rests.delete(queue);
      return ended.map(([, rest]) => rest.shard);
    },
    placeFree(shard) {
      const waiting = [...rests].filter(([, rest]) => rest.place && rest.shard === shard);
      for (const [queue] of waiting) rests.delete(queue);
      return waiting.length > 0;
    },
    runReady(shard) {
      for (const [queue, rest] of rests) if (rest.runs && rest.shard === shard) rests.delete(queue);
    },
    clear(shards) {
      const some = shards && new Set(shards);
      for (const [queue, rest] of rests) if (!some || some.has(rest.shard)) rests.delete(queue);
    },
    nextMs: () => Math.min(...[...rests.values()].map((rest) => rest.untilMs)),
  };
}
