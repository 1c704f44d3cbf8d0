import { type Database, isUnavailable } from "../store/database.ts";
import { claimFromQueue, findQueuesWithWork, giveTokensBack } from "../store/queue-claims.ts";
import type { Emit } from "../telemetry/events.ts";
import type { BeginClaimed } from "./begin-claimed.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { monotonicMs } from "./node-clock.ts";
import { createQueueRests } from "./queue-rests.ts";
import type { ShardKeeper } from "./shard-keeper.ts";
import type { Slots } from "./slots.ts";

/** Polling is the truth: all owned shards are looked at this often, whatever the hints say. */
const fullLookEveryMs = 1_000;
/** A hint that names no shard causes a full look, but not more often than this: it costs about 10 us a shard. */
const fullLookLeastMs = 100;
const busyRestMs = 10;
const perShard = 50;
/** Claims under way at once; one is a round trip of a millisecond or two. */
const queuesAtOnce = 4;
const batchMost = 200;
const batchLeast = 8;

export type QueueLoopOptions = {
  db: Database;
  membership: () => Membership;
  shards: ShardKeeper;
  beginClaimed: BeginClaimed;
  slots: Slots;
  emit: Emit;
};

export type QueueLoop = Loop & {
  /** Runs of queues in these shards became ready; null: somewhere. */
  ready(shards: Iterable<number> | null): void;
  /** Settings of queues in these shards may have changed; null: anywhere. */
  changed(shards: Iterable<number> | null): void;
  /** Runs of these shards ended or were handed back: a place in a queue may be free. */
  ended(shards: Iterable<number>): void;
  /** A slot became free. */
  room(): void;
};

type Queue = { shard: number; queue: number };

/** Begins the runs of queues, within their limits; each queue is claimed from by the owner of its shard. */
export function startQueueLoop(options: QueueLoopOptions): QueueLoop {
  const { db, membership, shards, slots, emit } = options;
  const rests = createQueueRests();
  let hinted = new Set<number>();
  let fullLookedMs = Number.NEGATIVE_INFINITY;
  let fullLookAtMs = 0;
  /** Shards with work that found no slot. */
  let unserved: number[] = [];
  let batch = batchMost;

  const look = async (): Promise<number> => {
    const owned = shards.owned().map((row) => row.shard);
    if (owned.length === 0 || !membership().trusted()) return fullLookEveryMs / 10;
    const within = shardsToLookAt(owned);
    if (within.length === 0) return restMs();
    const found = await findQueuesWithWork(db, within, rests.resting(), perShard);
    let next = 0;
    for (; next < found.length && slots.free() > 0; next += queuesAtOnce) {
      await Promise.all(found.slice(next, next + queuesAtOnce).map(claim));
    }
    unserved = slots.free() > 0 ? [] : [...found.slice(next).map((queue) => queue.shard), ...hinted];
    return hinted.size > 0 && slots.free() > 0 ? busyRestMs : restMs();
  };

  const shardsToLookAt = (owned: readonly number[]): number[] => {
    const nowMs = monotonicMs();
    const some = new Set([...hinted, ...rests.over(nowMs)]);
    hinted = new Set();
    if (nowMs < fullLookAtMs) return owned.filter((shard) => some.has(shard));
    fullLookedMs = nowMs;
    fullLookAtMs = nowMs + fullLookEveryMs;
    return [...owned];
  };

  const claim = async (queue: Queue): Promise<void> => {
    const most = Math.min(batch, Math.max(1, Math.ceil(slots.free() / queuesAtOnce)));
    const nodeId = membership().nodeId();
    const taken = await claimFromQueue(db, { holder: nodeId, nodeId, leaveOrigins: slots.saturated() }, queue, most);
    if (taken.runs.length === 0) return rests.rest(queue, taken, monotonicMs());
    const { dealtWith, begun } = await options.beginClaimed(nodeId, taken.runs);
    if (begun < taken.runs.length) await giveTokensBack(db, queue, taken.runs.length - begun);
    // As in the claim of all others: runs of an origin at its share come back unbegun, and are not to be claimed again and again.
    batch = dealtWith < taken.runs.length ? Math.max(batchLeast, dealtWith) : Math.min(batchMost, batch * 2);
    hinted.add(queue.shard);
  };

  const restMs = (): number => Math.max(1, Math.ceil(Math.min(fullLookAtMs, rests.nextMs()) - monotonicMs()));

  const loop = startLoop({
    look,
    failed: (error, failures) => {
      fullLookAtMs = 0;
      emit({ type: "loop_failed", loop: "queue", error, databaseAway: isUnavailable(error) });
      return retryDelayMs(failures);
    },
  });

  const hint: QueueLoop["ready"] = (within) => {
    if (within) for (const shard of within) hinted.add(shard);
    else fullLookAtMs = Math.min(fullLookAtMs, fullLookedMs + fullLookLeastMs);
    loop.wake();
  };
  return {
    ...loop,
    ready: (within) => {
      for (const shard of within ?? []) rests.runReady(shard);
      hint(within);
    },
    changed: (within) => {
      rests.clear(within);
      hint(within);
    },
    ended: (within) => {
      const free = [...new Set(within)].filter((shard) => rests.placeFree(shard));
      if (free.length > 0) hint(free);
    },
    room: () => {
      if (unserved.length === 0) return;
      const within = unserved;
      unserved = [];
      setTimeout(() => hint(within), busyRestMs);
    },
  };
}
