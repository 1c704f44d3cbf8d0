import { type Database, isUnavailable } from "../store/database.ts";
import { settle } from "../store/dispatching.ts";
import { type ExpiredLease, peekExpiry, readExpiredLeases, skipUnstarted } from "../store/expiring.ts";
import type { Emit } from "../telemetry/events.ts";
import { expiredResult } from "./expired-lease.ts";
import type { FollowUp } from "./follow-up.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { type PlanCache, planKey } from "./plan-cache.ts";
import type { ShardKeeper } from "./shard-keeper.ts";

/** A lease or a cancellation made meanwhile may expire sooner than what was seen: nothing is slept through longer. */
const longestRestMs = 1_000;
/** The same while nothing at all is going to expire. */
const quietRestMs = 2_000;
const perShard = 50;

export type ExpiryLoopOptions = {
  db: Database;
  membership: () => Membership;
  shards: ShardKeeper;
  plans: PlanCache;
  emit: Emit;
  /** Runs were handed back: some may be due for a retry, or make room in a queue. */
  onExpired: () => void;
  followUp: FollowUp;
};

/** Ends what ends by itself: runs that could not begin in time, leases of workers that fell silent, webhooks that were accepted and never completed. */
export function startExpiryLoop({ db, membership, shards, plans, emit, onExpired, followUp }: ExpiryLoopOptions): Loop {
  const look = async (): Promise<number> => {
    const owned = shards.owned().map((row) => row.shard);
    if (owned.length === 0 || !membership().trusted()) return longestRestMs;
    const { now, next_ms: nextMs } = await peekExpiry(db, owned);
    if (nextMs === null) return quietRestMs;
    if (nextMs > now) return Math.min(longestRestMs, Math.ceil(nextMs - now) + 1);
    const skipped = await skipUnstarted(db, owned, perShard);
    const ended = await endLeases(owned);
    if (skipped + ended === 0) return longestRestMs / 10;
    emit({ type: "runs_expired", skipped, ended });
    onExpired();
    return 0;
  };

  const endLeases = async (owned: readonly number[]): Promise<number> => {
    const expired = await readExpiredLeases(db, owned, perShard);
    if (expired.length === 0) return 0;
    const known = await plans.get(expired.map((run) => ({ jobId: run.job_id, revision: run.revision })));
    const planFor = (run: ExpiredLease) => known.get(planKey(run.job_id, run.revision));
    const results = expired.map((run) => ({ run, result: expiredResult(run, planFor(run)) }));
    const ended = await settle(
      db,
      results.map(({ result }) => result),
    );
    for (const { run, result } of results) {
      if (ended.has(run.run_id)) followUp({ shard: run.shard, jobId: run.job_id, revision: run.revision }, planFor(run), result.next);
    }
    return ended.size;
  };

  return startLoop({
    look,
    failed: (error, failures) => {
      emit({ type: "loop_failed", loop: "expiry", error, databaseAway: isUnavailable(error) });
      return retryDelayMs(failures);
    },
  });
}
