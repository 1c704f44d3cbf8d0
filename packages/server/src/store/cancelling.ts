import { shardOf } from "../model/ids.ts";
import type { Queryable } from "./database.ts";

/**
 * Cancels live runs: those that wait end now; those under way are marked, and their node, which polls for the mark, aborts them. The cursor of a job with a
 * fixed delay goes on from the end of its run, however that ended.
 *
 * $1 shard, $2 job or run, $3 tenant, $4 reason, $5 who asks. Who asks first is who ended it. Locks: the runs' rows. Index: live_runs_job for a job's, the primary key for one run; one statement for
 * both would have a plan that fits neither.
 */
const cancelSql = (by: "job_id" | "run_id"): string => `
with matching as (
  select l.shard, l.run_id, l.state from punctual.live_runs l
  where l.shard = $1 and l.${by} = $2 and l.tenant_id = $3
  for update),
ended as (
  delete from punctual.live_runs l using matching m
  where m.state in ('ready', 'waiting') and l.shard = m.shard and l.run_id = m.run_id returning l.*),
recorded as (
  insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, started_at, finished_at, reason, rerun_of,
    payload, queue, concurrency_key, origin, ended_by)
  select shard, run_id, job_id, tenant_id, revision, 'cancelled', kind, nominal_at, attempt, started_at, punctual.clock(), $4, rerun_of, payload, queue,
         concurrency_key, origin, $5 from ended),
resumed as (
  update punctual.cursors c
  set next_at = date_trunc('milliseconds', punctual.clock()) + c.after_ms * interval '1 millisecond',
      due_at = date_trunc('milliseconds', punctual.clock()) + c.after_ms * interval '1 millisecond'
  from ended e where e.kind = 'scheduled' and c.shard = e.shard and c.job_id = e.job_id and c.next_at is null and c.after_ms is not null),
asked as (
  update punctual.live_runs l
  set cancel_reason = coalesce(l.cancel_reason, $4), cancelled_by = case when l.cancel_reason is null then $5 else l.cancelled_by end from matching m
  where m.state = 'running' and l.shard = m.shard and l.run_id = m.run_id returning l.run_id)
select (select count(*)::int from ended) as cancelled, (select count(*)::int from asked) as cancelling`;

export type Cancelled = { cancelled: number; cancelling: number };

export async function cancelRuns(
  db: Queryable,
  tenantId: number,
  which: { jobId: string } | { runId: string },
  wish: { reason: string; by: string },
): Promise<Cancelled> {
  const [by, id] = "jobId" in which ? (["job_id", which.jobId] as const) : (["run_id", which.runId] as const);
  const { rows } = await db.query<Cancelled>({
    name: `cancel_by_${by}`,
    text: cancelSql(by),
    values: [shardOf(id), id, tenantId, wish.reason, wish.by],
  });
  return rows[0] ?? { cancelled: 0, cancelling: 0 };
}

/**
 * Runs held by this node whose end was asked for.
 *
 * $1 shards the node's runs lie in, $2 this node. Index: live_runs_holder.
 */
export async function readCancelRequests(
  db: Queryable,
  nodeId: number,
  shards: readonly number[],
): Promise<{ run_id: string; cancel_reason: string }[]> {
  const { rows } = await db.query<{ run_id: string; cancel_reason: string }>({
    name: "cancel_requests",
    text: `select l.run_id, l.cancel_reason from unnest($1::smallint[]) as s(shard)
           cross join lateral (
             select * from punctual.live_runs l where l.shard = s.shard and l.state = 'running' and l.holder = $2) l
           where l.cancel_reason is not null`,
    values: [shards, nodeId],
  });
  return rows;
}
