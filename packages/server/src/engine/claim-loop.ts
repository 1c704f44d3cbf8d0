import { type Database, isUnavailable } from "../store/database.ts";
import { type ClaimedRun, claimReady, peekRuns, wakeWaiting } from "../store/dispatching.ts";
import type { Emit } from "../telemetry/events.ts";
import type { Executor, HeldRun } from "./executor.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { monotonicMs, type NodeClock } from "./node-clock.ts";
import { createPageSize, hasFullPage } from "./page-size.ts";
import { type CachedPlan, type PlanCache, planKey } from "./plan-cache.ts";
import type { ShardKeeper } from "./shard-keeper.ts";
import type { Slots } from "./slots.ts";

const batchMost = 500;
const longestRestMs = 1_000;
/** While runs wait for slots, looks are at least this far apart: a claim for one slot costs as much as a claim for fifty. */
const busyRestMs = 10;
/** However little room there is, a claim asks for this many: they may be of many origins. */
const batchLeast = 8;
/** Priority is decided among what is read of each shard. */
const leastPerShard = 4;

export type ClaimLoopOptions = {
  db: Database;
  membership: () => Membership;
  shards: ShardKeeper;
  plans: PlanCache;
  executor: Executor;
  slots: Slots;
  clock: NodeClock;
  emit: Emit;
};

export type ClaimLoop = Loop & {
  /** A slot became free; looks now if runs were waiting for one. */
  room(): void;
};

/** Begins the runs that could not begin when they were fired: retries whose time has come, manual ones, and those that found no slot. */
export function startClaimLoop(options: ClaimLoopOptions): ClaimLoop {
  const { db, membership, shards, slots, clock, emit } = options;
  let hungry = false;
  let batch = batchMost;
  const page = createPageSize(() => Math.min(batch, slots.free()), leastPerShard);

  const look = async (): Promise<number> => {
    const owned = shards.owned().map((row) => row.shard);
    hungry = false;
    if (owned.length === 0 || !membership().trusted()) return longestRestMs / 10;
    const sentMs = monotonicMs();
    const waiting = await peekRuns(db, owned);
    clock.observe(waiting.now, sentMs);
    const retriesDue = waiting.next_wake_ms !== null && waiting.next_wake_ms <= waiting.now;
    if (retriesDue) await wakeWaiting(db, owned, Math.max(4, Math.ceil((2 * batchMost) / owned.length)));
    if (!retriesDue && !waiting.any_ready) return restUntil(waiting.next_wake_ms, waiting.now);
    hungry = true;
    if (slots.free() === 0) return longestRestMs;
    const nodeId = membership().nodeId();
    const perShard = page.of(owned.length);
    const limits = { perShard, total: Math.min(batch, slots.free()) };
    const claimed = await claimReady(db, nodeId, owned, limits, slots.saturated());
    page.learn(claimed.length, hasFullPage(claimed, perShard));
    const begun = await begin(nodeId, claimed);
    // A claim may bring more runs of one origin than its share has room for; without this, a long backlog of one would be claimed and handed back again
    // and again, 500 runs for each slot that becomes free.
    batch = begun < claimed.length ? Math.max(batchLeast, begun) : Math.min(batchMost, batch * 2);
    return claimed.length > 0 ? busyRestMs : longestRestMs / 5;
  };

  /** @returns how many had a slot */
  const begin = async (holder: number, claimed: readonly ClaimedRun[]): Promise<number> => {
    let begun = 0;
    const plans = await plansOf(holder, claimed);
    for (const row of claimed) {
      const run = heldRun(holder, row);
      const cached = plans.get(planKey(row.job_id, row.revision));
      if (!cached) options.executor.refuse(run, "the job's definition cannot be used on this node");
      else if (!membership().trusted() || !slots.take(row.origin)) options.executor.handBack(run);
      else {
        options.executor.begin(run, cached);
        begun++;
      }
    }
    return begun;
  };

  const plansOf = async (holder: number, claimed: readonly ClaimedRun[]): Promise<Map<string, CachedPlan>> => {
    try {
      return await options.plans.get(claimed.map((row) => ({ jobId: row.job_id, revision: row.revision })));
    } catch (error) {
      for (const row of claimed) options.executor.handBack(heldRun(holder, row));
      throw error;
    }
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
      setTimeout(loop.wake, busyRestMs);
    },
  };
}

function heldRun(holder: number, row: ClaimedRun): HeldRun {
  return {
    shard: row.shard,
    runId: row.run_id,
    jobId: row.job_id,
    revision: row.revision,
    nominalMs: row.nominal_ms,
    attempt: row.attempt,
    firstStartedMs: row.attempt === 1 ? null : row.started_ms,
    holder,
    payload: row.payload,
  };
}

function restUntil(nextMs: number | null, nowMs: number): number {
  return nextMs === null ? longestRestMs : Math.min(longestRestMs, Math.max(1, Math.ceil(nextMs - nowMs) + 1));
}
