import type { Database } from "../store/database.ts";
import type { AttemptResult } from "../store/dispatching.ts";
import type { Emit } from "../telemetry/events.ts";
import type { JobToAttend } from "./overlap-loop.ts";
import { pauseAfterDeadRuns } from "./pause-job.ts";
import type { CachedPlan } from "./plan-cache.ts";

/**
 * What a run's job is to do when an attempt's result is written: release the run that waited for this one's end, go on with its backfill, pause after too many dead runs. Called after
 * the commit, so that whoever looks then sees it.
 */
export type FollowUp = (
  run: { shard: number; jobId: string; revision: number },
  cached: CachedPlan | undefined,
  next: AttemptResult["next"],
) => void;

export type FollowUpOptions = { db: Database; emit: Emit; attend: (job: JobToAttend) => void; ended: (jobId: string) => void };

/** For the engine's own ends of runs. What ends elsewhere (a worker's answer, a cancelled run) wakes the shard's owner. */
export function createFollowUp({ db, emit, attend, ended }: FollowUpOptions): FollowUp {
  return ({ shard, jobId, revision }, cached, next) => {
    ended(jobId);
    // The job's definition cannot be used here: the sweep of what is held finds it.
    if (!cached) return;
    const { tenantId, plan } = cached;
    // Whatever was decided: a run whose end was asked for meanwhile has ended.
    if (plan.overlap !== "allow") attend({ shard, jobId, tenantId, cancelBefore: null });
    if (next === "dead" && plan.pauseAfterDeadRuns !== null)
      pauseAfterDeadRuns(db, emit, { tenantId, jobId, revision }, plan.pauseAfterDeadRuns);
  };
}
