import { cursorGoesOn } from "./fixed-delay.ts";

/**
 * The statements of the hot path, each bounded by shard, and the only ones of the engine that carry several shards at once: one round trip for all owned
 * shards costs 0.14 of a core at 3,000 runs a second, one for each of 64 shards 0.76. On a database distributed by shard this file is what would be sent
 * shard by shard; nothing else would change.
 *
 * Each takes its rows as one JSON array of tuples, which beats arrays for unnest (8.5 against 11.6 us a row). Times are epoch milliseconds.
 */

/**
 * Cursors that are due, oldest first within each shard.
 *
 * $1 shards, $2 a watermark for each (nothing older is looked for), $3 how many of each. Locks: none. Index: cursors_due, whose range begins at the
 * watermark so that dead entries left by earlier firings are not walked again (with a snapshot pinned elsewhere: 46 k runs/s fall to 29 k instead of 6 k).
 */
export const dueSql = `
select s.shard, c.job_id, c.tenant_id, c.revision, punctual.ms(c.next_at) as next_ms, punctual.ms(c.due_at) as due_ms, c.fired,
       punctual.ms(punctual.clock()) as now
from unnest($1::smallint[], $2::float8[]) as s(shard, watermark)
cross join lateral (
  select * from punctual.cursors c
  where c.shard = s.shard and c.due_at >= punctual.at(s.watermark) and c.due_at <= punctual.clock()
  order by c.due_at limit $3) c`;

/**
 * The database's time, and when the earliest cursor of these shards is due (null: none).
 *
 * $1 shards, $2 watermarks. Locks: none. Index: cursors_due.
 */
export const peekSql = `
select punctual.ms(punctual.clock()) as now, (
  select min(punctual.ms(c.due_at)) from unnest($1::smallint[], $2::float8[]) as s(shard, watermark)
  cross join lateral (
    select c.due_at from punctual.cursors c
    where c.shard = s.shard and c.due_at >= punctual.at(s.watermark) and c.due_at < 'infinity'
    order by c.due_at limit 1) c) as next_due_ms`;

/**
 * Retries whose time has come, and runs held for so long that they are to be looked at anew: waiting becomes ready. Not those held for overlap: their turn is
 * decided by what else of their job is live (overlap-statements.ts).
 *
 * $1 shards, $2 how many of each. Locks: the rows moved, skipping locked ones. Index: live_runs_wake.
 */
export const wakeSql = `
with due as (
  select w.shard, w.run_id from unnest($1::smallint[]) as s(shard)
  cross join lateral (
    select l.shard, l.run_id from punctual.live_runs l
    where l.shard = s.shard and l.state = 'waiting' and l.held is distinct from 'overlap' and l.due_at <= punctual.clock()
    order by l.due_at limit $2 for update skip locked) w)
update punctual.live_runs l set state = 'ready', held = null from due where l.shard = due.shard and l.run_id = due.run_id`;

/**
 * The earliest time at which a waiting run of these shards is due, but for those held for overlap, and whether any run outside queues is ready.
 *
 * $1 shards. Locks: none. Index: live_runs_wake, live_runs_claim.
 */
export const peekRunsSql = `
select punctual.ms(punctual.clock()) as now, (
  select min(punctual.ms(w.due_at)) from unnest($1::smallint[]) as s(shard)
  cross join lateral (
    select l.due_at from punctual.live_runs l
    where l.shard = s.shard and l.state = 'waiting' and l.held is distinct from 'overlap' order by l.due_at limit 1) w) as next_wake_ms, exists (
  select from unnest($1::smallint[]) as s(shard)
  cross join lateral (select from punctual.live_runs l where l.shard = s.shard and l.state = 'ready' and l.queue is null limit 1) r) as any_ready`;

/**
 * Claims ready runs outside queues for this node: higher priority first, then the longest due, over all its shards, so that no shard waits behind another one's backlog.
 * Runs of origins that have their fair share of slots already are left.
 *
 * $1 shards, $2 how many of each, $3 how many in all, $4 this node, $5 origins to leave. Locks: the rows claimed, skipping locked ones; candidates that
 * are not chosen are not locked. Index: live_runs_claim. A node whose lease has ended claims nothing.
 */
export const claimSql = `
with best as (
  select r.shard, r.run_id from unnest($1::smallint[]) as s(shard)
  cross join lateral (
    select l.shard, l.run_id, l.priority, l.due_at from punctual.live_runs l
    where l.shard = s.shard and l.state = 'ready' and l.queue is null and l.origin <> all ($5::int[])
    order by l.priority desc, l.due_at limit $2) r
  order by r.priority desc, r.due_at limit $3),
picked as (
  select l.shard, l.run_id from best b join punctual.live_runs l on l.shard = b.shard and l.run_id = b.run_id
  where l.state = 'ready' for update of l skip locked)
update punctual.live_runs l
set state = 'running', holder = $4, attempt = l.attempt + 1, due_at = punctual.clock(), started_at = coalesce(l.started_at, punctual.clock())
from picked p
where l.shard = p.shard and l.run_id = p.run_id
  and exists (select from punctual.nodes n where n.node_id = $4 and n.lease_until > punctual.clock())
returning l.shard, l.run_id, l.job_id, l.tenant_id, l.revision, punctual.ms(l.nominal_at) as nominal_ms, l.attempt,
          punctual.ms(coalesce(l.retried_at, l.started_at)) as started_ms, l.origin, l.payload,
          punctual.ms(punctual.clock()) as now`;

/** What is written of a result beside its run. */
const settledColumns = [
  ...["holder", "attempt", "outcome", "state", "started_at", "finished_at", "failure_class", "status_code", "error", "output"],
  ...["output_truncated", "next_because", "may_have_been_seen", "worker"],
];
const settledNames = settledColumns.join(", ");
const settled = settledColumns.map((column) => `r.${column}`).join(", ");

/**
 * Writes what became of attempts. A row counts only while the run is still held by that holder in that attempt; otherwise it was lost to another, nothing
 * changes, and the result is kept as late evidence, unless it is the very result that is written already and only the answer was lost.
 *
 * $1 results: [shard, run, holder, attempt, next state, delay ms, reason, outcome or null for a run handed back unbegun, started ms, duration ms, failure
 * class, status code, error, output, output truncated, whether the job has a fixed delay, whose cursor then goes on from the run's end, why the next attempt
 * comes or does not, whether the target may have seen it, why a run handed back unbegun is held, the worker's name]. A run whose end was asked for meanwhile is cancelled instead
 * of retried. One that is handed back unbegun (outcome null) spends no attempt.
 * Returns the runs that were still held. Locks: their rows, and the cursors that go on. Index: primary key of live_runs, primary key of cursors, the one of attempts only for
 * what was not held.
 */
export const settleSql = `
with results as (
  select (v->>0)::smallint as shard, (v->>1)::uuid as run_id, (v->>2)::bigint as holder, (v->>3)::int as attempt, v->>4 as state,
         (v->>5)::float8 as delay_ms, v->>6 as reason, v->>7 as outcome, punctual.at((v->>8)::float8) as started_at,
         punctual.at((v->>8)::float8 + (v->>9)::float8) as finished_at, v->>10 as failure_class, (v->>11)::int as status_code, v->>12 as error,
         v->>13 as output, (v->>14)::boolean as output_truncated, (v->>15)::boolean as resumes,
         v->>16 as next_because, (v->>17)::boolean as may_have_been_seen, v->>18 as held, v->>19 as worker
  from jsonb_array_elements($1::jsonb) v),
-- What became of a run takes its result along: to join 500 results to what they changed would be a nested loop.
ended as (
  delete from punctual.live_runs l using results r
  where l.shard = r.shard and l.run_id = r.run_id and l.holder = r.holder and l.attempt = r.attempt
    and (r.state not in ('waiting', 'ready') or l.cancel_reason is not null)
  returning l.shard, l.run_id, ${settled}, r.resumes, l.job_id, l.tenant_id, l.revision, l.kind, l.nominal_at, l.rerun_of, l.payload,
            l.queue, l.concurrency_key, l.origin, l.cancelled_by, l.note,
            case when r.outcome is null then l.attempt - 1 else l.attempt end as attempts,
            case when l.attempt > 1 then l.started_at when r.outcome is null then null else coalesce(r.started_at, l.started_at) end as began_at,
            case when r.state in ('waiting', 'ready') then 'cancelled' else r.state end as ended_as,
            case when r.state in ('waiting', 'ready', 'cancelled') then coalesce(l.cancel_reason, r.reason) else r.reason end as reason),
again as (
  update punctual.live_runs l
  set state = r.state, holder = null, due_at = punctual.clock() + r.delay_ms * interval '1 millisecond',
      attempt = case when r.outcome is null then l.attempt - 1 else l.attempt end,
      started_at = case when l.attempt = 1 then r.started_at else l.started_at end,
      -- The start timeout goes on for a run that has not begun.
      expires_at = case when l.attempt = 1 and r.outcome is null then l.expires_at end,
      ends_at = null, held = r.held, worker = null, progress = null, progress_message = null
  from results r
  where l.shard = r.shard and l.run_id = r.run_id and l.holder = r.holder and l.attempt = r.attempt
    and r.state in ('waiting', 'ready') and l.cancel_reason is null
  returning l.shard, l.run_id, ${settled}, l.due_at as next_at),
history as (
  insert into punctual.finished_runs
    (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, started_at, finished_at, reason, rerun_of, payload, queue, concurrency_key,
     origin, failure_class, status_code, ended_by, note)
  select shard, run_id, job_id, tenant_id, revision, ended_as, kind, nominal_at, attempts, began_at, punctual.clock(), reason, rerun_of, payload, queue,
         concurrency_key, origin, failure_class, status_code, case when ended_as = 'cancelled' then cancelled_by end, note from ended),
resumed as (${cursorGoesOn("ended e where e.resumes")}),
kept as (
  select shard, run_id, ${settledNames}, null::timestamptz as next_at from ended
  union all select shard, run_id, ${settledNames}, next_at from again),
tries as (
  insert into punctual.attempts
    (shard, run_id, attempt, outcome, started_at, finished_at, failure_class, status_code, error, output, output_truncated, node_id, late,
     next_at, next_because, may_have_been_seen, worker)
  select shard, run_id, attempt, outcome, started_at, finished_at, failure_class, status_code, error, output, output_truncated,
         case when holder > 0 then holder end, false, next_at,
         -- None when a retry was decided on and the run ended instead, as its end was asked for meanwhile.
         case when next_at is not null or state <> 'waiting' then next_because end, may_have_been_seen, worker
  from kept where outcome is not null
  union all
  select r.shard, r.run_id, r.attempt, r.outcome, r.started_at, r.finished_at, r.failure_class, r.status_code, r.error, r.output, r.output_truncated,
         case when r.holder > 0 then r.holder end, true, null, null, r.may_have_been_seen, r.worker
  from results r
  -- NOT IN is looked up in a hash, whatever the planner is forbidden; NOT EXISTS would be a nested loop here, and below it would be hashed over the whole table.
  where r.outcome is not null and (r.run_id, r.holder, r.attempt) not in (select run_id, holder, attempt from kept) and (
    select a.attempt from punctual.attempts a
    where a.shard = r.shard and a.run_id = r.run_id and a.attempt = r.attempt
      and case when r.holder > 0 then a.finished_at = r.finished_at and not a.late and a.node_id = r.holder and a.outcome = r.outcome
               -- A worker may say it as often as it likes: one late result is kept, and none that says what is known.
               else a.late or a.outcome = r.outcome end
    limit 1) is null
  on conflict do nothing)
select run_id from kept`;

/**
 * Runs held by buried nodes. Burial is final (a buried node cannot renew), so that what is read here cannot come back to life.
 *
 * $1 shards, $2 how many of each. Locks: none; settle's guard decides. Index: live_runs_holder.
 */
export const orphansSql = `
select l.shard, l.run_id, l.job_id, l.revision, l.attempt, l.holder, punctual.ms(l.due_at) as held_ms,
       punctual.ms(coalesce(l.retried_at, l.started_at)) as started_ms, punctual.ms(punctual.clock()) as now
from unnest($1::smallint[]) as s(shard)
cross join lateral (
  select * from punctual.live_runs l
  where l.shard = s.shard and l.state = 'running'
    and l.holder = any (array(select n.node_id from punctual.nodes n where n.buried_at is not null))
  limit $2) l`;
