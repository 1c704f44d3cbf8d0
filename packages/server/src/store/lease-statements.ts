import { sameRun } from "./by-key.ts";

/**
 * The statements of workers' leases. Workers ask any node, so that one statement may carry runs of several shards; each row is found by its primary key. Who has a
 * holder is running; said once more in a condition, it would lead to the index by holder, which has a hundred rows for a batch of a hundred.
 */

/**
 * Which of these queues have ready runs for workers.
 *
 * $1 shards, $2 queues, one each. Locks: none. Index: live_runs_queue.
 */
export const readyQueuesSql = `
select w.queue from unnest($1::smallint[], $2::bigint[]) as w(shard, queue)
cross join lateral (
  select from punctual.live_runs l where l.shard = w.shard and l.queue = w.queue and l.pulled and l.state = 'ready' limit 1) l`;

/**
 * Extends leases by a beat each, at most to the run's maximum time, and takes what the worker tells of its progress. A run that is not held under that lease
 * any more is left.
 *
 * $1 beats: [shard, run, holder, attempt, lease ms, end ms, percent or null, message or null]. Returns the runs that are still held. Locks: their rows.
 * Index: primary key of live_runs.
 */
export const extendSql = `
with beats as (
  select (v->>0)::smallint as shard, (v->>1)::uuid as run_id, (v->>2)::bigint as holder, (v->>3)::int as attempt,
         (v->>4)::float8 as lease_ms, punctual.at((v->>5)::float8) as ends_at, (v->>6)::smallint as progress, v->>7 as message
  from jsonb_array_elements($1::jsonb) v)
update punctual.live_runs l
set expires_at = least(punctual.clock() + b.lease_ms * interval '1 millisecond', b.ends_at), ends_at = b.ends_at,
    progress = coalesce(b.progress, l.progress), progress_message = coalesce(b.message, l.progress_message)
from beats b
where ${sameRun("l", "b")} and l.holder = b.holder and l.attempt = b.attempt
returning l.run_id, punctual.ms(l.expires_at) as until_ms, l.cancel_reason`;

/**
 * Puts runs whose target has accepted them into the hands of whoever completes them: a holder of its own each, which no node's death and no worker touches, until
 * their time is over. One whose end was asked for meanwhile is over at once, as nobody is there to be told.
 *
 * $1 runs: [shard, run, holder, attempt, ms until then]. Returns the runs that were still held. Locks: their rows. Index: primary key of live_runs.
 */
export const acceptSql = `
with accepted as (
  select (v->>0)::smallint as shard, (v->>1)::uuid as run_id, (v->>2)::bigint as holder, (v->>3)::int as attempt,
         punctual.clock() + (v->>4)::float8 * interval '1 millisecond' as ends_at
  from jsonb_array_elements($1::jsonb) v)
update punctual.live_runs l
set holder = -nextval('punctual.lease_holders'), ends_at = a.ends_at,
    expires_at = case when l.cancel_reason is null then a.ends_at else punctual.clock() end
from accepted a
where ${sameRun("l", "a")} and l.holder = a.holder and l.attempt = a.attempt
returning l.run_id`;

/**
 * What completing leased runs needs to know of them, and the database's time. Nulls for a run that is not held under that lease any more.
 *
 * $1 leases: [shard, run, holder, attempt]. Locks: none; settle's guard decides. Index: primary key of live_runs.
 */
export const heldLeasesSql = `
with asked as (
  select (v->>0)::smallint as shard, (v->>1)::uuid as run_id, (v->>2)::bigint as holder, (v->>3)::int as attempt from jsonb_array_elements($1::jsonb) v)
select a.run_id, l.job_id, l.tenant_id, l.revision, l.worker, l.cancel_reason, punctual.ms(l.nominal_at) as nominal_ms, punctual.ms(l.due_at) as held_ms,
       punctual.ms(l.started_at) as started_ms, punctual.ms(punctual.clock()) as now
from asked a
left join punctual.live_runs l
  on ${sameRun("l", "a")} and l.holder = a.holder and l.attempt = a.attempt`;

/**
 * Appends log lines of runs that are still held under their leases, within each run's bounds; the first line beyond them is replaced by one that says that the
 * rest is dropped. Lines of a run that was lost go nowhere.
 *
 * $1 lines: [shard, run, holder, attempt, logged ms or null, level, message, truncated], $2 most lines, $3 most bytes, $4 the last line of a run that says
 * more. Locks: the runs' rows. Index: primary key of live_runs.
 */
export const appendLogsSql = `
with given as (
  select (v->>0)::smallint as shard, (v->>1)::uuid as run_id, (v->>2)::bigint as holder, (v->>3)::int as attempt, punctual.at((v->>4)::float8) as logged_at,
         v->>5 as level, v->>6 as message, (v->>7)::boolean as truncated, ordinal
  from jsonb_array_elements($1::jsonb) with ordinality as g(v, ordinal)),
held as (
  select l.shard, l.run_id, l.attempt, l.log_lines, l.log_bytes from (select distinct shard, run_id, holder, attempt from given) g
  join punctual.live_runs l on ${sameRun("l", "g")} and l.holder = g.holder and l.attempt = g.attempt
  where l.log_lines <= $2::int
  for update of l),
counted as (
  select g.*, h.log_lines + row_number() over run as line, h.log_bytes + sum(octet_length(g.message)) over run as bytes
  from given g join held h on h.shard = g.shard and h.run_id = g.run_id and h.attempt = g.attempt
  window run as (partition by g.run_id order by g.ordinal)),
kept as (
  select shard, run_id, attempt, line, logged_at, level, message, truncated from counted where line <= $2::int and bytes <= $3::int),
dropped as (
  select shard, run_id, attempt, min(line) as line from counted where line > $2::int or bytes > $3::int group by 1, 2, 3),
noted as (
  update punctual.live_runs l
  -- Beyond the bound is where nothing more is counted.
  set log_lines = case when d.run_id is null then s.line else $2::int + 1 end, log_bytes = least(s.bytes, $3::int)
  from (select shard, run_id, max(line) as line, max(bytes) as bytes from counted group by 1, 2) s
  left join dropped d on d.shard = s.shard and d.run_id = s.run_id
  where ${sameRun("l", "s")})
insert into punctual.run_logs (shard, run_id, attempt, line, stored_at, logged_at, level, message, truncated)
select shard, run_id, attempt, line, punctual.clock(), logged_at, level, message, truncated from kept
union all
select shard, run_id, attempt, line, punctual.clock(), null, 'warn', $4, false from dropped`;
