import { type Database, isUnavailable } from "../store/database.ts";
import { claimNewest, claimReady, peekRuns, wakeWaiting } from "../store/dispatching.ts";
import type { Emit } from "../telemetry/events.ts";
import type { BeginClaimed } from "./begin-claimed.ts";
import type { Doubt } from "./doubt.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { monotonicMs, type NodeClock } from "./node-clock.ts";
import type { Pace } from "./pace.ts";
import { createPageSize, hasFullPage } from "./page-size.ts";
import type { Settler } from "./settler.ts";
import type { ShardKeeper } from "./shard-keeper.ts";
import type { Slots } from "./slots.ts";

const batchMost = 1_000;
const longestRestMs = 1_000;
/** While runs wait for slots, looks are at least this far apart: a claim for one slot costs as much as a claim for fifty. */
const busyRestMs = 10;
/** However little room there is, a claim asks for this many: they may be of many origins. */
const batchLeast = 8;
/** Priority is decided among what is read of each shard. */
const leastPerShard = 4;
/**
 * While more waits than there are slots for, every fourth free slot goes to what has become due last. In the order of time alone, whatever falls due behind a
 * herd of many tenants, each within its share, would start when the herd is through: 9 s late behind 30,000 webhooks.
 */
const newestShare = 0.25;
/** So many live runs of each shard are looked at for it, 2,048 rows at the most, and not more often than this. */
const newestPerShard = 8;
const newestEveryMs = 50;

export type ClaimLoopOptions = {
  db: Database;
  membership: () => Membership;
  shards: ShardKeeper;
  beginClaimed: BeginClaimed;
  doubt: Doubt;
  settler: Pick<Settler, "isBehind">;
  slots: Slots;
  pace: Pace;
  clock: NodeClock;
  emit: Emit;
  /** Runs that had waited became ready, maybe some of queues. */
  onWoken: () => void;
};

export type ClaimLoop = Loop & {
  /** A slot became free; looks now if runs were waiting for one. */
  room(): void;
};

/** Begins the runs that could not begin when they were fired: retries whose time has come, manual ones, and those that found no slot. */
export function startClaimLoop(options: ClaimLoopOptions): ClaimLoop {
  const { db, membership, shards, slots, pace, clock, emit } = options;
  let hungry = false;
  let batch = batchMost;
  let newestAtMs = 0;
  let restsUntilMs = 0;
  const page = createPageSize(
    () => Math.min(batch, slots.free()),
    () => leastPerShard,
  );

  const look = async (): Promise<number> => {
    const owned = shards.owned().map((row) => row.shard);
    hungry = false;
    if (owned.length === 0 || !membership().trusted()) return longestRestMs / 10;
    if (options.settler.isBehind()) return busyRestMs;
    const sentMs = monotonicMs();
    const waiting = await peekRuns(db, owned);
    clock.observe(waiting.now, sentMs);
    const retriesDue = waiting.next_wake_ms !== null && waiting.next_wake_ms <= waiting.now;
    if (retriesDue && (await wakeWaiting(db, owned, Math.max(4, Math.ceil((2 * batchMost) / owned.length)))) > 0) options.onWoken();
    if (!waiting.any_ready) slots.crowded(false);
    if (!retriesDue && !waiting.any_ready) return restUntil(waiting.next_wake_ms, waiting.now);
    hungry = true;
    if (slots.free() === 0) return longestRestMs;
    if (options.doubt.isOpen()) return busyRestMs;
    if (slots.isCrowded() && monotonicMs() >= newestAtMs) await beginNewest(owned);
    if (slots.free() === 0) return longestRestMs;
    const nodeId = membership().nodeId();
    const perShard = page.of(owned.length);
    const limits = { perShard, total: Math.min(pace.batch(batch), slots.free()) };
    const begunMs = monotonicMs();
    const claimed = await claimReady(db, nodeId, owned, limits, slots.saturated());
    const full = hasFullPage(claimed, perShard);
    page.learn(claimed.length, full);
    const { dealtWith } = await options.beginClaimed(nodeId, claimed);
    slots.crowded(full || dealtWith === limits.total);
    // A claim may bring more runs of one origin than its share has room for; without this, a long backlog of one would be claimed and handed back again
    // and again, 500 runs for each slot that becomes free.
    batch = dealtWith < claimed.length ? Math.max(batchLeast, dealtWith) : Math.min(batchMost, batch * 2);
    // All that it asked for were there and begun: there are more.
    const restMs = pace.restMs(monotonicMs() - begunMs);
    restsUntilMs = monotonicMs() + restMs;
    if (dealtWith === limits.total) return restMs;
    return claimed.length > 0 ? Math.max(busyRestMs, restMs) : longestRestMs / 5;
  };

  const beginNewest = async (owned: readonly number[]): Promise<void> => {
    newestAtMs = monotonicMs() + newestEveryMs;
    const nodeId = membership().nodeId();
    const limits = { perShard: newestPerShard, total: Math.ceil(slots.free() * newestShare) };
    await options.beginClaimed(nodeId, await claimNewest(db, nodeId, owned, limits, slots.saturated()));
  };

  const loop = startLoop({
    look,
    failed: (error, failures) => {
      emit({ type: "loop_failed", loop: "claim", error, databaseAway: isUnavailable(error) });
      return retryDelayMs(failures);
    },
  });
  return {
    ...loop,
    room: () => {
      if (!hungry) return;
      // Once for all slots that become free meanwhile: an origin at its share would otherwise cause a look for each of its attempts that ends.
      hungry = false;
      setTimeout(loop.wake, Math.max(busyRestMs, restsUntilMs - monotonicMs()));
    },
  };
}

function restUntil(nextMs: number | null, nowMs: number): number {
  return nextMs === null ? longestRestMs : Math.min(longestRestMs, Math.max(1, Math.ceil(nextMs - nowMs) + 1));
}
