import { sameRun } from "./by-key.ts";
import { cursorGoesOn } from "./fixed-delay.ts";

/**
 * The statements of what ends by itself, bounded by shard as all of the engine's. `expires_at is not null and (state <> 'running' or holder < 0)` is the
 * condition of the index live_runs_expiry: a run that a node carries out ends with its node.
 */

/**
 * The database's time, and when the next run of these shards expires (null: none).
 *
 * $1 shards. Locks: none. Index: live_runs_expiry.
 */
export const peekExpirySql = `
select punctual.ms(punctual.clock()) as now, (
  select min(punctual.ms(e.expires_at)) from unnest($1::smallint[]) as s(shard)
  cross join lateral (
    select l.expires_at from punctual.live_runs l where l.shard = s.shard and l.expires_at is not null and (l.state <> 'running' or l.holder < 0) order by l.expires_at limit 1) e) as next_ms`;

/**
 * Ends runs that could not begin in time as skipped. The cursor of a job with a fixed delay goes on from here, as after every end of a run.
 *
 * $1 shards, $2 how many of each. Locks: the runs' rows, skipping locked ones, and the cursors that go on. Index: live_runs_expiry, primary key of live_runs.
 */
export const skipUnstartedSql = `
with due as (
  select e.shard, e.run_id from unnest($1::smallint[]) as s(shard)
  cross join lateral (
    select l.shard, l.run_id from punctual.live_runs l
    where l.shard = s.shard and l.expires_at is not null and (l.state <> 'running' or l.holder < 0) and l.expires_at <= punctual.clock() and l.state <> 'running'
    order by l.expires_at limit $2 for update skip locked) e),
ended as (
  delete from punctual.live_runs l using due d where ${sameRun("l", "d")} returning l.*),
history as (
  insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, started_at, finished_at, reason, rerun_of,
    payload, queue, concurrency_key, origin)
  select shard, run_id, job_id, tenant_id, revision, 'skipped', kind, nominal_at, attempt, started_at, punctual.clock(),
         'start timeout: not begun within ' || trim_scale(extract(epoch from expires_at - nominal_at)) || ' s', rerun_of, payload, queue, concurrency_key, origin
  from ended),
resumed as (${cursorGoesOn("ended e where true")})
select count(*)::int as skipped from ended`;

/**
 * Runs whose lease has ended, or whose webhook was accepted and not completed in time.
 *
 * $1 shards, $2 how many of each. Locks: none; settle's guard decides. Index: live_runs_expiry.
 */
export const expiredLeasesSql = `
select l.shard, l.run_id, l.job_id, l.revision, l.attempt, l.holder, l.worker, l.cancel_reason, punctual.ms(l.due_at) as held_ms,
       punctual.ms(coalesce(l.retried_at, l.started_at)) as started_ms, coalesce(l.ends_at <= punctual.clock(), false) as over, punctual.ms(punctual.clock()) as now
from unnest($1::smallint[]) as s(shard)
cross join lateral (
  select * from punctual.live_runs l
  where l.shard = s.shard and l.expires_at is not null and (l.state <> 'running' or l.holder < 0) and l.expires_at <= punctual.clock() and l.state = 'running'
  order by l.expires_at limit $2) l`;
