import { sameRun } from "./by-key.ts";
import { cursorGoesOn } from "./fixed-delay.ts";

/**
 * The statements that write what became of attempts. Hot, as those of hot-statements.ts: bounded by shard, several shards at once, a JSON array of tuples each.
 */

/**
 * Ends runs that succeeded at their first attempt, which is nearly all of them: out of the live ones, into history, and the attempt is told by the run's own row.
 * As settleSql without whatever these runs do not need, at half its price. What is not held any more is left out, for settleSql to judge.
 *
 * Not for a fixed delay, whose cursor has to go on.
 *
 * $1 results: [shard, run, holder, started ms, duration ms, status code, output, output truncated, the worker's name]. Returns null when all were still held,
 * else those that were, [run, holder]: a row for each would cost the node a tenth of its time. Locks: their rows. Index: primary key of live_runs.
 */
export const settleSucceededSql = `
with ended as (
  delete from punctual.live_runs l
  using (
    select (v->>0)::smallint as shard, (v->>1)::uuid as run_id, (v->>2)::bigint as holder, punctual.at((v->>3)::float8) as started_at,
           (v->>4)::float8 as duration_ms, (v->>5)::int as status_code, v->>6 as output, (v->>7)::boolean as output_truncated, v->>8 as worker
    from jsonb_array_elements($1::jsonb) v) r
  where ${sameRun("l", "r")} and l.holder = r.holder and l.attempt = 1
  returning l.shard, l.run_id, l.job_id, l.tenant_id, l.revision, l.kind, l.nominal_at, r.started_at, l.rerun_of, l.payload, l.queue, l.concurrency_key,
            l.origin, r.status_code, l.note, r.duration_ms, r.output, r.output_truncated, r.holder, r.worker),
history as (
  insert into punctual.finished_runs
    (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, started_at, finished_at, rerun_of, payload, queue, concurrency_key,
     origin, status_code, note, sole_duration_ms, output, output_truncated, node_id, worker)
  select shard, run_id, job_id, tenant_id, revision, 'succeeded', kind, nominal_at, 1, started_at, punctual.clock(), rerun_of, payload, queue,
         concurrency_key, origin, status_code, note, duration_ms, output, output_truncated, case when holder > 0 then holder end, worker
  from ended)
select case when count(*) < jsonb_array_length($1::jsonb) then coalesce(jsonb_agg(jsonb_build_array(run_id, holder)), '[]') end as among from ended`;

/**
 * As settleSucceededSql, of runs that workers held under leases: what their rows know of the attempt is taken from there, so that nobody has to read them first. Whether a job has a
 * fixed delay, its cursor tells.
 *
 * $1 results: [shard, run, holder, output, output truncated]. Returns the runs that were still held in their first attempt; the others are left, for settleSql to judge.
 * Locks: their rows, and the cursors that go on. Index: primary key of live_runs, cursors_job.
 */
export const settleLeasedSql = `
with ended as (
  delete from punctual.live_runs l
  using (
    select (v->>0)::smallint as shard, (v->>1)::uuid as run_id, (v->>2)::bigint as holder, v->>3 as output, (v->>4)::boolean as output_truncated
    from jsonb_array_elements($1::jsonb) v) r
  where ${sameRun("l", "r")} and l.holder = r.holder and l.attempt = 1
  returning l.shard, l.run_id, l.job_id, l.tenant_id, l.revision, l.kind, l.nominal_at, l.due_at as held_at, l.rerun_of, l.payload, l.queue,
            l.concurrency_key, l.origin, l.note, l.worker, r.output, r.output_truncated),
history as (
  insert into punctual.finished_runs
    (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, started_at, finished_at, rerun_of, payload, queue, concurrency_key,
     origin, note, sole_duration_ms, output, output_truncated, worker)
  select shard, run_id, job_id, tenant_id, revision, 'succeeded', kind, nominal_at, 1, held_at, punctual.clock(), rerun_of, payload, queue,
         concurrency_key, origin, note, greatest(0, punctual.ms(punctual.clock()) - punctual.ms(held_at)), output, output_truncated, worker
  from ended),
resumed as (${cursorGoesOn("ended e where true")})
select run_id, job_id, tenant_id, revision, punctual.ms(nominal_at) as nominal_ms, punctual.ms(held_at) as held_ms, punctual.ms(punctual.clock()) as now
from ended`;

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
 * comes or does not, whether the target may have seen it, why a run handed back unbegun is held, the worker's name, since when a run
 * handed back unbegun was held, whether it will be told again should it not be held, and so is no late evidence]. A run whose end was asked for meanwhile is cancelled instead
 * of retried. One that is handed back unbegun (outcome null) spends no attempt.
 * Returns the runs that were still held, and, marked, those whose very result was written already. Locks: their rows, and the cursors that go on. Index: primary key of live_runs, cursors_job, those of attempts and
 * finished_runs only for what was not held.
 */
export const settleSql = `
with results as (
  select (v->>0)::smallint as shard, (v->>1)::uuid as run_id, (v->>2)::bigint as holder, (v->>3)::int as attempt, v->>4 as state,
         (v->>5)::float8 as delay_ms, v->>6 as reason, v->>7 as outcome, punctual.at((v->>8)::float8) as started_at,
         punctual.at((v->>8)::float8 + (v->>9)::float8) as finished_at, v->>10 as failure_class, (v->>11)::int as status_code, v->>12 as error,
         v->>13 as output, (v->>14)::boolean as output_truncated, (v->>15)::boolean as resumes,
         v->>16 as next_because, (v->>17)::boolean as may_have_been_seen, v->>18 as held, v->>19 as worker, (v->>20)::float8 as held_ms,
         (v->>21)::boolean as told_again
  from jsonb_array_elements($1::jsonb) v),
-- What became of a run takes its result along: to join 500 results to what they changed would be a nested loop.
ended as (
  delete from punctual.live_runs l using results r
  where ${sameRun("l", "r")} and l.holder = r.holder and l.attempt = r.attempt
    and (r.state not in ('waiting', 'ready') or l.cancel_reason is not null) and (r.held_ms is null or punctual.ms(l.due_at) = r.held_ms)
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
      -- The start timeout goes on for a run that has not begun; where it stood, the end of the lease stands for one that a worker gives back.
      expires_at = case when l.attempt = 1 and r.outcome is null then case when r.holder > 0 then l.expires_at else l.starts_by end end,
      starts_by = null, ends_at = null, held = r.held, worker = null, progress = null, progress_message = null
  from results r
  where ${sameRun("l", "r")} and l.holder = r.holder and l.attempt = r.attempt
    and r.state in ('waiting', 'ready') and l.cancel_reason is null and (r.held_ms is null or punctual.ms(l.due_at) = r.held_ms)
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
-- Of what was not held: whether what is known of it came late, too; null when nothing is, which makes it news.
unheld as (
  select r.*, coalesce(
    (select a.late from punctual.attempts a
     where a.shard = r.shard and a.run_id = r.run_id and a.attempt = r.attempt
       and case when r.holder > 0 then a.finished_at = r.finished_at and not a.late and a.node_id = r.holder and a.outcome = r.outcome
                -- A worker may say it as often as it likes: one late result is kept, and none that says what is known.
                else a.late or a.outcome = r.outcome end
     limit 1),
    (select false from punctual.finished_runs f
     where f.shard = r.shard and f.run_id = r.run_id and r.attempt = 1 and f.sole_duration_ms is not null
       and case when r.holder > 0 then f.started_at = r.started_at and f.node_id = r.holder and r.outcome = 'succeeded' else r.outcome = 'succeeded' end
     limit 1)) as known_late
  from results r
  -- NOT IN is looked up in a hash, whatever the planner is forbidden; NOT EXISTS would be a nested loop here, and above it would be hashed over the whole table.
  where r.outcome is not null and r.told_again is not true and (r.run_id, r.holder, r.attempt) not in (select run_id, holder, attempt from kept)),
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
  from unheld r where r.known_late is null
  on conflict do nothing)
select run_id, false as already from kept
union all select run_id, true from unheld where not known_late`;
