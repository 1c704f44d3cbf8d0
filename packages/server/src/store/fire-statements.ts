import { sameJob } from "./by-key.ts";

/**
 * The statements that turn occurrences into runs. Hot, as those of hot-statements.ts: bounded by shard, several shards at once.
 *
 * Each move brings its runs along, and both go through the statement as one row: joining 1,000 runs to the 1,000 cursors that moved would be a nested loop, as
 * the plans of this connection are made for hot tables without hash joins, and cost 150 of the 166 us that a run took.
 *
 * Jobs whose overlap policy is `allow` need not know what else of them is live, and their statement does not look. The other is the same statement with the
 * moves and the runs decided by what it finds live; the parts that they share stand here once.
 */

/**
 * The moves as they were planned: [shard, job, revision, next ms, new next ms, when that is due, occurrences counted, whether the schedule is over, runs, ...].
 */
const plannedMoves = `
  select (v->>0)::smallint as shard, (v->>1)::uuid as job_id, (v->>2)::int as revision, punctual.at((v->>3)::float8) as next_at,
         punctual.at((v->>4)::float8) as new_next_at, punctual.at((v->>5)::float8) as new_due_at, (v->>6)::int as counted, (v->>7)::boolean as over,
         v->8 as runs, v
  from jsonb_array_elements($2::jsonb) v`;

/** A planned run: [run, nominal ms, state, priority, origin, reason, queue, concurrency key, pulled, expires ms, held]. */
const plannedRun = `(v->>0)::uuid as run_id, punctual.at((v->>1)::float8) as nominal_at, v->>2 as state, (v->>3)::smallint as priority, (v->>4)::int as origin,
         v->>5 as reason, (v->>6)::bigint as queue, (v->>7)::bigint as concurrency_key, (v->>8)::boolean as pulled,
         punctual.at((v->>9)::float8) as expires_at, v->>10 as held`;

/**
 * As a CASE, which no index can serve: after a quiet time the statistics say that nothing is due, the index by due time looks like the shortest way to a cursor, and each
 * move of a herd walks the whole herd of its shard (100,000 in 48 s instead of 8).
 */
const isDue = "case when c.due_at <= punctual.clock() then true else $1::bigint is null and c.next_at <= punctual.clock() end";

/**
 * How a move finds its cursor: by its key, or where it was read. A place needs no index, and no walk over the versions of the cursor that a snapshot held elsewhere keeps alive:
 * after ten minutes of it a cursor that moves every three seconds has two hundred, all of them under its key. One that was moved meanwhile is not at its place any more,
 * which is what the compare-and-set would have found; that it is this job's is compared in words that no index offers itself for.
 */
const byKey = sameJob("c", "m");
const byPlace = "c.ctid = m.place and c.shard is not distinct from m.shard and c.job_id is not distinct from m.job_id";

/** Carries out `moves`. @param kept what else of a move the runs are made from */
const firedFrom = (found: string, kept: string): string => `
may as (
  select where $1::bigint is null or exists (select from punctual.nodes n where n.node_id = $1 and n.lease_until > punctual.clock())),
moved as (
  update punctual.cursors c
  set next_at = m.new_next_at, due_at = coalesce(m.new_due_at, 'infinity'), fired = c.fired + m.counted
  from moves m
  where not m.over and exists (select from may)
    and ${found} and c.revision = m.revision and c.next_at = m.next_at
    and ${isDue}
  returning c.shard, c.job_id, c.tenant_id, c.revision, ${kept}),
ended as (
  delete from punctual.cursors c using moves m
  where m.over and exists (select from may)
    and ${found} and c.revision = m.revision and c.next_at = m.next_at
    and ${isDue}
  returning c.shard, c.job_id, c.tenant_id, c.revision, ${kept}),
fired as (select * from moved union all select * from ended)`;

/** Records `runs`, each with what its cursor knows. */
const recorded = `
skipped as (
  insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, finished_at, reason, origin, queue)
  select shard, run_id, job_id, tenant_id, revision, 'skipped', 'scheduled', nominal_at, 0, punctual.clock(), reason, origin, queue
  from runs where state = 'skipped'
  returning run_id),
born as (
  insert into punctual.live_runs
    (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt, holder, started_at, queue, concurrency_key, pulled,
     expires_at, held)
  select shard, run_id, job_id, tenant_id, revision, state, 'scheduled', priority, origin, nominal_at,
         case when held is null then punctual.clock() else punctual.clock() + interval '1 minute' end,
         case state when 'running' then 1 else 0 end, case state when 'running' then $1::bigint end,
         case state when 'running' then punctual.clock() end, queue, concurrency_key, coalesce(pulled, false), expires_at, held
  from runs where state <> 'skipped'
  on conflict (shard, run_id) do nothing
  returning run_id, state)`;

const fireFrom = (moves: string, found: string): string => `
with moves as (${moves}),${firedFrom(found, "m.runs")},
runs as (select f.shard, f.job_id, f.tenant_id, f.revision, ${plannedRun} from fired f cross join lateral jsonb_array_elements(f.runs) v),${recorded}
select case when count(*) < $3::int then coalesce(array_agg(run_id::text), '{}') end as among, punctual.ms(punctual.clock()) as now from born`;

/**
 * Fires occurrences: moves each cursor on and records what became of the occurrences it passed, in one statement.
 *
 * Invariants: an occurrence fires at most once, because the cursor moves only from the (revision, next_at) that was read and the run's id is derived from
 * the occurrence; none is lost, because cursor and run are written together; none fires early, because the database's clock must agree; and a node whose
 * lease has ended fires nothing.
 *
 * $1 this node, or null for a command that records what is due before it changes a job (then every run is ready, also one whose spread would have let it
 * start later); $2 moves: [shard, job, revision, next ms, new next ms, when that is due, occurrences counted, whether the schedule is over, runs]; without a new
 * next the cursor stays and waits for the end of the run (fixed delay); each run: [run, nominal ms, state, priority, origin, reason, queue, concurrency key,
 * whether workers pull it, when it is skipped if it has not begun, why it is held]. A held run is looked at again after a minute, if nothing releases it before.
 * $3 how many of the runs are to live. Returns null when so many went into live_runs, else those that did; see settleSucceededSql. Locks: the cursors' rows. Index: cursors_job.
 */
export const fireSql = fireFrom(plannedMoves, byKey);

/**
 * As fireSql, for cursors that were read a moment ago: each move has besides [9] the place of the row, its ctid.
 *
 * Parameters and locks as of fireSql. Index: none for the cursors, primary key of nodes.
 */
export const fireInPlaceSql = fireFrom(`select m.*, (v->>9)::tid as place from (${plannedMoves}) m`, byPlace);

/**
 * As fireSql, for jobs whose runs must not overlap: an occurrence meets what is live of its job, backfills aside, and is run, held or skipped by it.
 *
 * The snapshot decides. Every earlier fire of the job is in it, as the cursor moves only from where that fire left it; so two scheduled runs cannot both
 * find the job free. A run that ends meanwhile is found live, which is made up for by attending to the job after this statement (overlap-statements.ts), with a new
 * snapshot. Locking the live runs instead would meet the results that end them in every order, and deadlock.
 *
 * $1, $2 as of fireSql; moves have besides [9] the policy: skip, queue, cancel_previous; under "skip" [10] whether the schedule is over, [11] the next ms and [12]
 * when that is due, all three for an occurrence that is skipped, which counts for nothing. At most 100 runs of a job wait for overlap.
 * Returns what became of each run. Locks: the cursors' rows. Index: cursors_job, live_runs_job.
 */
export const fireUnlessBusySql = `
with planned as (${plannedMoves}),
met as (
  select p.*, l.live, l.waits, p.v->>9 = 'skip' and l.live > 0 as skips
  from planned p cross join lateral (
    select count(*) as live, count(*) filter (where l.held = 'overlap') as waits
    from punctual.live_runs l where l.shard = p.shard and l.job_id = p.job_id and l.kind <> 'backfill') l),
moves as (
  select shard, job_id, revision, next_at, runs, v->>9 as policy, live, waits,
         case when skips then punctual.at((v->>11)::float8) else new_next_at end as new_next_at,
         case when skips then punctual.at((v->>12)::float8) else new_due_at end as new_due_at,
         case when skips then 0 else counted end as counted, case when skips then (v->>10)::boolean else over end as over
  from met),${firedFrom(byKey, "m.runs, m.policy, m.live, m.waits")},
judged as (
  select f.shard, f.job_id, f.tenant_id, f.revision, r.*, case
    when r.state = 'skipped' or f.live = 0 and r.turn = 1 then 'run'
    when f.policy = 'skip' then 'skip'
    when f.policy = 'cancel_previous' or f.waits + r.turn - (f.live = 0)::int <= 100 then 'hold'
    else 'full' end as verdict
  from fired f cross join lateral (
    select p.*, count(*) filter (where p.state <> 'skipped') over (order by p.nominal_at) as turn
    from (select ${plannedRun} from jsonb_array_elements(f.runs) v) p) r),
runs as (
  select shard, job_id, tenant_id, revision, run_id, nominal_at, priority, origin, queue, concurrency_key, pulled, expires_at,
         case verdict when 'run' then state when 'hold' then 'waiting' else 'skipped' end as state,
         case verdict when 'hold' then 'overlap' when 'run' then held end as held,
         case verdict when 'skip' then 'overlap' when 'full' then 'overlap: 100 runs wait already' else reason end as reason
  from judged),${recorded}
select run_id, state, punctual.ms(punctual.clock()) as now from born union all select run_id, 'skipped', punctual.ms(punctual.clock()) from skipped`;
