import { shardOf } from "../model/ids.ts";
import type { Queryable } from "./database.ts";

/**
 * Cancels live runs: those that wait end now; those under way are marked, and their node, which polls for the mark, aborts them.
 *
 * $1 shard, $2 job or null, $3 run or null, $4 tenant, $5 reason. Locks: the runs' rows. Index: live_runs_job or the primary key.
 */
const cancelSql = `
with matching as (
  select l.shard, l.run_id, l.state from punctual.live_runs l
  where l.shard = $1 and l.tenant_id = $4 and ($2::uuid is null or l.job_id = $2) and ($3::uuid is null or l.run_id = $3)
  for update),
ended as (
  delete from punctual.live_runs l using matching m
  where m.state in ('ready', 'waiting') and l.shard = m.shard and l.run_id = m.run_id returning l.*),
recorded as (
  insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, started_at, finished_at, reason)
  select shard, run_id, job_id, tenant_id, revision, 'cancelled', kind, nominal_at, attempt, started_at, punctual.clock(), $5 from ended),
asked as (
  update punctual.live_runs l set cancel_reason = coalesce(l.cancel_reason, $5) from matching m
  where m.state = 'running' and l.shard = m.shard and l.run_id = m.run_id returning l.run_id)
select (select count(*)::int from ended) as cancelled, (select count(*)::int from asked) as cancelling`;

export type Cancelled = { cancelled: number; cancelling: number };

export async function cancelRuns(db: Queryable, tenantId: number, which: { jobId: string } | { runId: string }, reason: string): Promise<Cancelled> {
  const [shard, job, run] = "jobId" in which ? [shardOf(which.jobId), which.jobId, null] : [shardOf(which.runId), null, which.runId];
  const { rows } = await db.query<Cancelled>({ name: "cancel_runs", text: cancelSql, values: [shard, job, run, tenantId, reason] });
  return rows[0] ?? { cancelled: 0, cancelling: 0 };
}

/**
 * Runs held by this node whose end was asked for.
 *
 * $1 shards the node's runs lie in, $2 this node. Index: live_runs_holder.
 */
export async function readCancelRequests(db: Queryable, nodeId: number, shards: readonly number[]): Promise<{ run_id: string; cancel_reason: string }[]> {
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
