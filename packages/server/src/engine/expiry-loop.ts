import { type Database, isUnavailable } from "../store/database.ts";
import { settle } from "../store/dispatching.ts";
import { peekExpiry, readExpiredLeases, skipUnstarted } from "../store/expiring.ts";
import type { Emit } from "../telemetry/events.ts";
import { expiredResult } from "./expired-lease.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { type PlanCache, planKey } from "./plan-cache.ts";
import type { ShardKeeper } from "./shard-keeper.ts";

/** A lease or a cancellation made meanwhile may expire sooner than what was seen: nothing is slept through longer. */
const longestRestMs = 1_000;
const perShard = 50;

export type ExpiryLoopOptions = {
  db: Database;
  membership: () => Membership;
  shards: ShardKeeper;
  plans: PlanCache;
  emit: Emit;
  /** Runs were handed back: some may be due for a retry, or make room in a queue. */
  onExpired: () => void;
};

/** Ends what ends by itself: runs that could not begin in time, leases of workers that fell silent, webhooks that were accepted and never completed. */
export function startExpiryLoop({ db, membership, shards, plans, emit, onExpired }: ExpiryLoopOptions): Loop {
  const look = async (): Promise<number> => {
    const owned = shards.owned().map((row) => row.shard);
    if (owned.length === 0 || !membership().trusted()) return longestRestMs;
    const { now, next_ms: nextMs } = await peekExpiry(db, owned);
    if (nextMs === null) return longestRestMs;
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
    const results = expired.map((run) => expiredResult(run, known.get(planKey(run.job_id, run.revision))));
    return (await settle(db, results)).size;
  };

  return startLoop({
    look,
    failed: (error, failures) => {
      emit({ type: "loop_failed", loop: "expiry", error, databaseAway: isUnavailable(error) });
      return retryDelayMs(failures);
    },
  });
}
