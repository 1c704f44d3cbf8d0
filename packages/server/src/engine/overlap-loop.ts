import { cancelRuns } from "../store/cancelling.ts";
import { type Database, isUnavailable } from "../store/database.ts";
import { readHeldJobs, releaseHeld } from "../store/overlap.ts";
import type { Emit } from "../telemetry/events.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { monotonicMs } from "./node-clock.ts";
import { type PlanCache, planKey } from "./plan-cache.ts";
import type { ShardKeeper } from "./shard-keeper.ts";

/** How often runs are looked for that nobody told of: those whose job's run ended where no engine saw it, or whose node died before it could release them. */
const sweepEveryMs = 5_000;
/** Wakes come with every request that changes something; looking at woken shards less often than this costs a cancelled run's successor as much. */
const wokenEveryMs = 100;
const heldPerShard = 100;
/** Longer than a held run is put off. */
const anyTimeMs = 120_000;
const reason = "overlap: the next occurrence has come";

/** A job that may have a run to release. `cancelBefore` is its newest run, when those before it are to be cancelled. */
export type JobToAttend = { shard: number; jobId: string; tenantId: number; cancelBefore: string | null };

export type OverlapLoop = Omit<Loop, "wake"> & {
  /** A run of a job whose runs must not overlap has ended, or was held: looks at the job now. */
  attend(job: JobToAttend): void;
  /** Something of these shards was changed elsewhere; none given: perhaps of all. */
  wake(shards: readonly number[]): void;
};

export type OverlapLoopOptions = {
  db: Database;
  membership: () => Membership;
  shards: ShardKeeper;
  plans: PlanCache;
  emit: Emit;
  /** Runs became ready. */
  onReleased: () => void;
};

/**
 * Releases runs that are held because another one of their job is live, one at a time and the oldest first; and cancels what such a run is to replace. Whoever ends
 * or holds a run says so after its commit, which is quick; the sweep is the truth.
 */
export function startOverlapLoop({ db, membership, shards, plans, emit, onReleased }: OverlapLoopOptions): OverlapLoop {
  const toAttend = new Map<string, JobToAttend>();
  let woken: Set<number> | "all" = new Set();
  let sweptMs = Number.NEGATIVE_INFINITY;
  let wokenMs = Number.NEGATIVE_INFINITY;

  const attend = (job: JobToAttend): void => {
    toAttend.set(job.jobId, { ...job, cancelBefore: job.cancelBefore ?? toAttend.get(job.jobId)?.cancelBefore ?? null });
  };

  const look = async (): Promise<number> => {
    if (!membership().trusted()) return wokenEveryMs;
    const owned = shards.owned().map((row) => row.shard);
    if (monotonicMs() - sweptMs >= sweepEveryMs) {
      await gather(owned, 0);
      sweptMs = monotonicMs();
    }
    if (isWoken() && monotonicMs() - wokenMs >= wokenEveryMs) {
      const which = woken;
      woken = new Set();
      wokenMs = monotonicMs();
      await gather(which === "all" ? owned : owned.filter((shard) => which.has(shard)), anyTimeMs);
    }
    if (toAttend.size > 0) await settleAll([...toAttend.values()]);
    if (toAttend.size > 0) return 0;
    return isWoken() ? wokenEveryMs : sweepEveryMs;
  };

  const isWoken = (): boolean => woken === "all" || woken.size > 0;

  const gather = async (among: readonly number[], aheadMs: number): Promise<void> => {
    if (among.length === 0) return;
    const held = await readHeldJobs(db, among, heldPerShard, aheadMs);
    if (held.length === 0) return;
    const known = await plans.get(held.map((job) => ({ jobId: job.job_id, revision: job.revision })));
    for (const { shard, job_id: jobId, tenant_id: tenantId, revision, newest_run_id: newest } of held) {
      const cancels = known.get(planKey(jobId, revision))?.plan.overlap === "cancel_previous";
      attend({ shard, jobId, tenantId, cancelBefore: cancels ? newest : null });
    }
  };

  /** A job is forgotten only when its turn is through: what fails is done again. */
  const settleAll = async (jobs: readonly JobToAttend[]): Promise<void> => {
    for (const { tenantId, jobId, cancelBefore } of jobs) {
      if (cancelBefore !== null) await cancelRuns(db, tenantId, { jobId, before: cancelBefore }, { reason, by: null });
    }
    const released = await releaseHeld(db, jobs);
    for (const job of jobs) if (toAttend.get(job.jobId) === job) toAttend.delete(job.jobId);
    if (released > 0) onReleased();
  };

  const loop = startLoop({
    look,
    failed: (error, failures) => {
      emit({ type: "loop_failed", loop: "overlap", error, databaseAway: isUnavailable(error) });
      return retryDelayMs(failures);
    },
  });
  return {
    stop: loop.stop,
    attend: (job) => {
      attend(job);
      loop.wake();
    },
    wake: (changed) => {
      if (changed.length === 0) woken = "all";
      else if (woken !== "all") for (const shard of changed) woken.add(shard);
      loop.wake();
    },
  };
}
