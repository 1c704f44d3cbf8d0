import { backfillPage } from "../model/backfill.ts";
import { advanceBackfill, type RunningBackfill, readRunningBackfills } from "../store/backfills.ts";
import { type Database, isUnavailable } from "../store/database.ts";
import type { Emit } from "../telemetry/events.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { monotonicMs } from "./node-clock.ts";
import { type PlanCache, planKey } from "./plan-cache.ts";
import type { ShardKeeper } from "./shard-keeper.ts";

const lookEveryMs = 1_000;
/** The same while there is none. A new one is told of, as everything is that is changed; this is for a wake that was lost. */
const quietEveryMs = 5_000;
/** Occurrences looked at in one statement: each is searched in every partition of history. */
const pageOccurrences = 200;
/** However fast its runs end, so that a backfill of nothing but quick runs does not take the database for itself. */
const busyRestMs = 10;

export type BackfillLoop = Loop & {
  /** A run of the job has ended: a backfill of it may have room for another. */
  ended(jobId: string): void;
  /** Something of these shards was changed elsewhere; none given: perhaps of all. */
  changed(shards: readonly number[]): void;
};

export type BackfillLoopOptions = {
  db: Database;
  membership: () => Membership;
  shards: ShardKeeper;
  plans: PlanCache;
  emit: Emit;
  /** Runs were made: they wait for a claim. */
  onReady: () => void;
};

/** Takes the backfills of owned shards on, each as far as its concurrency has room. Two owners by mistake meet the compare-and-set on where it stands. */
export function startBackfillLoop({ db, membership, shards, plans, emit, onReady }: BackfillLoopOptions): BackfillLoop {
  let jobs: ReadonlySet<string> = new Set();
  let busyShards: ReadonlySet<number> = new Set();
  let lookedMs = Number.NEGATIVE_INFINITY;
  let soon: NodeJS.Timeout | null = null;

  const look = async (): Promise<number> => {
    lookedMs = monotonicMs();
    const owned = shards.owned().map((row) => row.shard);
    if (owned.length === 0 || !membership().trusted()) return lookEveryMs;
    const running = await readRunningBackfills(db, owned);
    jobs = new Set(running.map((backfill) => backfill.job_id));
    busyShards = new Set(running.map((backfill) => backfill.shard));
    let goesOn = false;
    for (const backfill of running) if (await advance(backfill)) goesOn = true;
    if (running.length === 0) return quietEveryMs;
    return goesOn ? busyRestMs : lookEveryMs;
  };

  /** @returns whether there may be more to do at once */
  const advance = async (backfill: RunningBackfill): Promise<boolean> => {
    const { job_id: jobId, revision, next_ms: fromMs, to_ms: toMs } = backfill;
    const hasMore = fromMs < toMs;
    if (backfill.live >= (hasMore ? backfill.concurrency : 1)) return false;
    const cached = (await plans.get([{ jobId, revision }])).get(planKey(jobId, revision));
    // Reported by the cache, once; another node may be able to use it.
    if (!cached) return false;
    const page = backfillPage(cached.plan.schedule, jobId, { fromMs, toMs }, pageOccurrences);
    const done = await advanceBackfill(db, backfill, page, cached.placement);
    if (done !== null && done.made > 0) onReady();
    return done?.state === "running" && backfill.live + done.made < backfill.concurrency;
  };

  const loop = startLoop({
    look,
    failed: (error, failures) => {
      emit({ type: "loop_failed", loop: "backfill", error, databaseAway: isUnavailable(error) });
      return retryDelayMs(failures);
    },
  });
  return {
    ...loop,
    ended: (jobId) => {
      if (jobs.has(jobId)) loop.wake();
    },
    // A new backfill may wait for a second: it is not live work, and every request that changes something comes by here.
    changed: (changed) => {
      if (changed.some((shard) => busyShards.has(shard))) return loop.wake();
      soon ??= setTimeout(
        () => {
          soon = null;
          loop.wake();
        },
        Math.max(0, lookedMs + lookEveryMs - monotonicMs()),
      );
    },
    stop: () => {
      if (soon) clearTimeout(soon);
      return loop.stop();
    },
  };
}
