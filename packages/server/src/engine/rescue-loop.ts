import { afterAttempt } from "../model/after-attempt.ts";
import { retryPolicyOf } from "../model/retry-policy.ts";
import { type Database, isUnavailable } from "../store/database.ts";
import { type AttemptResult, type OrphanedRun, readOrphans, settle } from "../store/dispatching.ts";
import type { Emit } from "../telemetry/events.ts";
import type { FollowUp } from "./follow-up.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { type CachedPlan, type PlanCache, planKey } from "./plan-cache.ts";
import type { ShardKeeper } from "./shard-keeper.ts";

const lookEveryMs = 1_000;
const perShard = 50;

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

/** Hands back the runs of nodes that were buried: the attempt counts as lost, and the job's retry policy decides what follows. */
export function startRescueLoop({ db, membership, shards, plans, emit, onRescued, followUp }: RescueLoopOptions): Loop {
  const look = async (): Promise<number> => {
    const owned = shards.owned().map((row) => row.shard);
    if (owned.length === 0 || !membership().trusted()) return lookEveryMs;
    const orphans = await readOrphans(db, owned, perShard);
    if (orphans.length === 0) return lookEveryMs;
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

  return startLoop({
    look,
    failed: (error, failures) => {
      emit({ type: "loop_failed", loop: "rescue", error, databaseAway: isUnavailable(error) });
      return retryDelayMs(failures);
    },
  });
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
