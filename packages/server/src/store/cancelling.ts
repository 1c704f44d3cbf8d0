import { shardOf } from "../model/ids.ts";
import { sameRun } from "./by-key.ts";
import type { Queryable } from "./database.ts";
import { cursorGoesOn } from "./fixed-delay.ts";
import { cancelRequestsSql } from "./hot-statements.ts";

/** When `l`, whose end is asked for, ends by itself: at once if its webhook was accepted, for then there is nobody to be told; any other as before. */
export const acceptedEndsNow = "case when l.holder < 0 and not l.pulled then punctual.clock() else l.expires_at end";

/**
 * Cancels live runs: those that wait end now; those under way are marked, and their node, which polls for the mark, aborts them. The cursor of a job with a
 * fixed delay goes on from the end of its run, however that ended.
 *
 * $1 shard, $2 job or run, $3 tenant, $4 reason, $5 who asks, and for some of a job's runs $6 and $7. Who asks first is who ended it. Locks: the runs' rows.
 * Index: live_runs_job for a job's, the primary key for one run; one statement for both would have a plan that fits neither.
 *
 * @param which the runs meant, as `l`
 */
const cancelSql = (which: string): string => `
with matching as (
  select l.shard, l.run_id, l.state from punctual.live_runs l
  where l.shard = $1 and ${which} and l.tenant_id = $3
  for update),
ended as (
  delete from punctual.live_runs l using matching m
  where m.state in ('ready', 'waiting') and ${sameRun("l", "m")} returning l.*),
recorded as (
  insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, started_at, finished_at, reason, rerun_of,
    payload, queue, concurrency_key, origin, ended_by)
  select shard, run_id, job_id, tenant_id, revision, 'cancelled', kind, nominal_at, attempt, started_at, punctual.clock(), $4, rerun_of, payload, queue,
         concurrency_key, origin, $5 from ended),
resumed as (${cursorGoesOn("ended e where true")}),
asked as (
  update punctual.live_runs l
  set cancel_reason = coalesce(l.cancel_reason, $4), cancelled_by = case when l.cancel_reason is null then $5 else l.cancelled_by end,
      expires_at = ${acceptedEndsNow}
  from matching m
  where m.state = 'running' and ${sameRun("l", "m")} returning l.run_id)
select (select count(*)::int from ended) as cancelled, (select count(*)::int from asked) as cancelling`;

export type Cancelled = { cancelled: number; cancelling: number };

/** A job's runs, one run, a job's runs of before one of them (backfills aside), or those of a backfill that have not begun. */
export type CancelWhich =
  | { jobId: string }
  | { runId: string }
  | { jobId: string; before: string }
  | { jobId: string; backfill: { fromMs: number; toMs: number } };

/** @param wish `by` is null when nobody asked: the job's own policy did */
export async function cancelRuns(
  db: Queryable,
  tenantId: number,
  which: CancelWhich,
  wish: { reason: string; by: string | null },
): Promise<Cancelled> {
  const { name, where, id, more } = matched(which);
  const values = [shardOf(id), id, tenantId, wish.reason, wish.by, ...more];
  const { rows } = await db.query<Cancelled>({ name, text: cancelSql(where), values });
  return rows[0] ?? { cancelled: 0, cancelling: 0 };
}

function matched(which: CancelWhich): { name: string; where: string; id: string; more: unknown[] } {
  if ("runId" in which) return { name: "cancel_run", where: "l.run_id = $2", id: which.runId, more: [] };
  const id = which.jobId;
  // Run ids sort by nominal time.
  if ("before" in which) {
    const where = "l.job_id = $2 and l.kind <> 'backfill' and l.run_id < $6::uuid";
    return { name: "cancel_before", where, id, more: [which.before] };
  }
  if ("backfill" in which) {
    const where =
      "l.job_id = $2 and l.kind = 'backfill' and l.state <> 'running' and l.nominal_at >= punctual.at($6) and l.nominal_at < punctual.at($7)";
    return { name: "cancel_backfill", where, id, more: [which.backfill.fromMs, which.backfill.toMs] };
  }
  return { name: "cancel_job", where: "l.job_id = $2", id, more: [] };
}

/** See cancelRequestsSql. */
export async function readCancelRequests(
  db: Queryable,
  nodeId: number,
  shards: readonly number[],
): Promise<{ run_id: string; cancel_reason: string }[]> {
  const { rows } = await db.query<{ run_id: string; cancel_reason: string }>({
    name: "cancel_requests",
    text: cancelRequestsSql,
    values: [shards, nodeId],
  });
  return rows;
}
