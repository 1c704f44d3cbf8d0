import { sameJob } from "./by-key.ts";

/**
 * The statements that advance backfills. Hot, as those of hot-statements.ts: bounded by shard.
 */

/**
 * Backfills under way, with their runs that are live: those of the kind, of the job, in the range.
 *
 * $1 shards. Locks: none. Index: backfills_live, live_runs_job.
 */
export const runningBackfillsSql = `
select b.shard, b.backfill_id, b.job_id, b.revision, punctual.ms(b.next_at) as next_ms, punctual.ms(b.to_at) as to_ms, b.concurrency,
       (select count(*)::int from punctual.live_runs l
        where l.shard = b.shard and l.job_id = b.job_id and l.kind = 'backfill' and l.nominal_at >= b.from_at and l.nominal_at < b.to_at) as live
from unnest($1::smallint[]) as s(shard) cross join lateral (
  select * from punctual.backfills b where b.shard = s.shard and b.state = 'running') b`;

/**
 * Takes a backfill on by a page of occurrences: makes runs of those that have none, as many as its concurrency has room for, and moves behind them.
 *
 * An occurrence that is live, or in history as anything but skipped, is passed over; so is one that the job's cursor has still to come to. A skipped one is taken out of
 * history and becomes the live run. Run ids are those of the occurrences, and a backfill moves only from the place that was read, so that none is carried out twice. Of a job
 * that is deleted it ends; after an empty page it is done as soon as none of its runs is live.
 *
 * $1 shard, $2 backfill, $3 where it stands, ms, $4 page: [run, nominal ms], in order, $5 where it goes on after the page, ms, $6 origin, $7 queue, $8 concurrency key,
 * $9 whether workers pull its runs. Returns its new state and how many runs were made. Locks: the backfill's row, the job's against deletion, skipped rows taken out of history.
 * Index: primary key of backfills, primary key of jobs, primary key of live_runs, live_runs_job, cursors_job, that of finished_runs.
 */
export const advanceBackfillSql = `
with mine as (
  select b.* from punctual.backfills b
  where b.shard = $1 and b.backfill_id = $2 and b.next_at = punctual.at($3) and b.state = 'running' for update),
job as (
  select j.job_id from mine m join punctual.jobs j on j.shard = $1 and j.job_id = m.job_id for key share of j),
live as (
  select count(l.run_id) as runs from mine m join punctual.live_runs l
    on ${sameJob("l", "m")} and l.kind = 'backfill' and l.nominal_at >= m.from_at and l.nominal_at < m.to_at),
page as (
  select (v->>0)::uuid as run_id, punctual.at((v->>1)::float8) as nominal_at, place from jsonb_array_elements($4::jsonb) with ordinality as t(v, place)),
judged as (
  select p.*,
         (select l.run_id from punctual.live_runs l where l.shard = $1 and l.run_id = p.run_id) is not null
         or (select f.run_id from punctual.finished_runs f where f.shard = $1 and f.run_id = p.run_id and f.state <> 'skipped' limit 1) is not null
         or coalesce((select c.next_at <= p.nominal_at from mine m join punctual.cursors c on c.shard = $1 and c.job_id = m.job_id), false) as ran
  from page p),
counted as (
  select j.*, count(*) filter (where not j.ran) over (order by j.place) as fresh from judged j),
taken as (
  select c.* from counted c, mine m, live l, job where c.fresh <= greatest(0, m.concurrency - l.runs)),
unskipped as (
  -- As an array, so that each is looked up; joined, the planner may walk the shard's history instead.
  delete from punctual.finished_runs f
  where f.shard = $1 and f.run_id = any (array(select t.run_id from taken t where not t.ran)) and f.state = 'skipped'),
born as (
  insert into punctual.live_runs (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt, queue, concurrency_key, pulled)
  select $1, t.run_id, m.job_id, m.tenant_id, m.revision, 'ready', 'backfill', m.priority, $6, t.nominal_at, punctual.clock(), 0, $7, $8, $9
  from taken t, mine m where not t.ran
  on conflict (shard, run_id) do nothing returning run_id)
update punctual.backfills b
set next_at = coalesce((select min(c.nominal_at) from counted c where c.place > (select coalesce(max(t.place), 0) from taken t)), punctual.at($5)),
    started = b.started + (select count(*) from born),
    passed_over = b.passed_over + (select count(*) from taken) - (select count(*) from born),
    state = case when not exists (select from job) then 'cancelled'
                 when not exists (select from page) and (select runs from live) = 0 then 'done' else b.state end,
    ended_at = case when not exists (select from job) or (not exists (select from page) and (select runs from live) = 0) then punctual.clock() end
from mine m where b.shard = $1 and b.backfill_id = m.backfill_id
returning b.state, (select count(*)::int from born) as made`;
