import { afterAttempt } from "../model/after-attempt.ts";
import { retryPolicyOf } from "../model/retry-policy.ts";
import { type Database, isUnavailable } from "../store/database.ts";
import { type AttemptResult, type OrphanedRun, readOrphans, settle } from "../store/dispatching.ts";
import type { Emit } from "../telemetry/events.ts";
import type { FollowUp } from "./follow-up.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { monotonicMs } from "./node-clock.ts";
import { type CachedPlan, type PlanCache, planKey } from "./plan-cache.ts";
import type { ShardKeeper } from "./shard-keeper.ts";

/** A burial wakes the loop; this is for a wake that was lost, and for runs of a statement that was still under way when its node was buried. */
const lookEveryMs = 5_000;
/** For a while after nodes have come or gone, or shards were taken: the burial, if there is one, follows within a TTL or two. */
const closeLookEveryMs = 1_000;
const closeForMs = 30_000;
const perShard = 50;
/** Of its time it takes a tenth at most: with a snapshot held elsewhere a look passes what the dead held in their last minutes. */
const restOfLook = 10;

export type RescueLoopOptions = {
  db: Database;
  membership: () => Membership;
  shards: ShardKeeper;
  plans: PlanCache;
  emit: Emit;
  /** Runs were handed back: some may be due for a retry. */
  onRescued: () => void;
  followUp: FollowUp;
};

export type RescueLoop = Loop & {
  /** A node may have died: looks now, and more often for a while. */
  attend(): void;
};

/** Hands back the runs of nodes that were buried: the attempt counts as lost, and the job's retry policy decides what follows. */
export function startRescueLoop({ db, membership, shards, plans, emit, onRescued, followUp }: RescueLoopOptions): RescueLoop {
  let closeUntilMs = monotonicMs() + closeForMs;

  const restMs = (): number => (monotonicMs() < closeUntilMs ? closeLookEveryMs : lookEveryMs);

  const look = async (): Promise<number> => {
    const owned = shards.owned().map((row) => row.shard);
    if (owned.length === 0 || !membership().trusted()) return closeLookEveryMs;
    const askedMs = monotonicMs();
    const orphans = await readOrphans(db, owned, perShard);
    if (orphans.length === 0) return Math.max(restMs(), restOfLook * (monotonicMs() - askedMs));
    const known = await plans.get(orphans.map((run) => ({ jobId: run.job_id, revision: run.revision })));
    const planFor = (run: OrphanedRun) => known.get(planKey(run.job_id, run.revision));
    const results = orphans.map((run) => ({ run, result: lostResult(run, planFor(run)) }));
    const rescued = await settle(
      db,
      results.map(({ result }) => result),
    );
    emit({ type: "runs_orphaned", runs: rescued.size });
    for (const { run, result } of results) {
      if (rescued.has(run.run_id)) followUp({ shard: run.shard, jobId: run.job_id, revision: run.revision }, planFor(run), result.next);
    }
    onRescued();
    return 0;
  };

  const loop = startLoop({
    look,
    failed: (error, failures) => {
      emit({ type: "loop_failed", loop: "rescue", error, databaseAway: isUnavailable(error) });
      return retryDelayMs(failures);
    },
  });
  return {
    ...loop,
    attend: () => {
      closeUntilMs = monotonicMs() + closeForMs;
      loop.wake();
    },
  };
}

function lostResult(run: OrphanedRun, cached: CachedPlan | undefined): AttemptResult {
  const failure = { failureClass: "lost" as const, statusCode: null, retryAfterMs: null, retryForbidden: false };
  const attempt = { number: run.attempt, sinceFirstMs: Math.max(0, run.now - (run.started_ms ?? run.held_ms)) };
  const policy = cached?.plan.retry ?? { ...retryPolicyOf(), attempts: 1 };
  const after = afterAttempt({ kind: "lost", failure }, attempt, policy, Math.random());
  return {
    shard: run.shard,
    runId: run.run_id,
    holder: run.holder,
    attempt: run.attempt,
    ...after,
    resumes: cached?.plan.afterCompletionMs !== null,
    held: null,
    evidence: {
      outcome: "lost",
      mayHaveBeenSeen: true,
      startedMs: run.held_ms,
      durationMs: Math.max(0, run.now - run.held_ms),
      failureClass: "lost",
      statusCode: null,
      error: `node ${run.holder} was lost while it made this attempt; the target may have acted`,
      output: null,
      outputTruncated: false,
    },
  };
}
