/**
 * The statements that turn occurrences into runs. Hot, as those of hot-statements.ts: bounded by shard, several shards at once.
 *
 * Jobs whose overlap policy is `allow` need not know what else of them is live, and their statement does not look. The other is the same statement with the
 * moves and the runs decided by what it finds live; both parts that they share stand here once.
 */

/** The moves as they were planned: [shard, job, revision, next ms, new next ms, when that is due, occurrences counted, whether the schedule is over, ...]. */
const plannedMoves = `
  select (v->>0)::smallint as shard, (v->>1)::uuid as job_id, (v->>2)::int as revision, punctual.at((v->>3)::float8) as next_at,
         punctual.at((v->>4)::float8) as new_next_at, punctual.at((v->>5)::float8) as new_due_at, (v->>6)::int as counted, (v->>7)::boolean as over, v
  from jsonb_array_elements($2::jsonb) v`;

/** The runs as they were planned: [shard, job, run, nominal ms, state, priority, origin, reason, queue, concurrency key, pulled, expires ms, held, ...]. */
const plannedRuns = `
  select (v->>0)::smallint as shard, (v->>1)::uuid as job_id, (v->>2)::uuid as run_id, punctual.at((v->>3)::float8) as nominal_at, v->>4 as state,
         (v->>5)::smallint as priority, (v->>6)::int as origin, v->>7 as reason, (v->>8)::bigint as queue, (v->>9)::bigint as concurrency_key,
         (v->>10)::boolean as pulled, punctual.at((v->>11)::float8) as expires_at, v->>12 as held, v
  from jsonb_array_elements($3::jsonb) v`;

/** Carries out `moves` and `runs`. */
const carriedOut = `
may as (
  select where $1::bigint is null or exists (select from punctual.nodes n where n.node_id = $1 and n.lease_until > punctual.clock())),
moved as (
  update punctual.cursors c
  set next_at = m.new_next_at, due_at = coalesce(m.new_due_at, 'infinity'), fired = c.fired + m.counted
  from moves m
  where not m.over and exists (select from may)
    and c.shard = m.shard and c.job_id = m.job_id and c.revision = m.revision and c.next_at = m.next_at
    and (c.due_at <= punctual.clock() or ($1::bigint is null and c.next_at <= punctual.clock()))
  returning c.shard, c.job_id, c.tenant_id, c.revision),
ended as (
  delete from punctual.cursors c using moves m
  where m.over and exists (select from may)
    and c.shard = m.shard and c.job_id = m.job_id and c.revision = m.revision and c.next_at = m.next_at
    and (c.due_at <= punctual.clock() or ($1::bigint is null and c.next_at <= punctual.clock()))
  returning c.shard, c.job_id, c.tenant_id, c.revision),
fired as (select * from moved union all select * from ended),
skipped as (
  insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, finished_at, reason, origin, queue)
  select r.shard, r.run_id, r.job_id, f.tenant_id, f.revision, 'skipped', 'scheduled', r.nominal_at, 0, punctual.clock(), r.reason, r.origin, r.queue
  from runs r join fired f on f.shard = r.shard and f.job_id = r.job_id where r.state = 'skipped'
  returning run_id),
born as (
  insert into punctual.live_runs
    (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt, holder, started_at, queue, concurrency_key, pulled,
     expires_at, held)
  select r.shard, r.run_id, r.job_id, f.tenant_id, f.revision, r.state, 'scheduled', r.priority, r.origin, r.nominal_at,
         case when r.held is null then punctual.clock() else punctual.clock() + interval '1 minute' end,
         case r.state when 'running' then 1 else 0 end, case r.state when 'running' then $1::bigint end,
         case r.state when 'running' then punctual.clock() end, r.queue, r.concurrency_key, coalesce(r.pulled, false), r.expires_at, r.held
  from runs r join fired f on f.shard = r.shard and f.job_id = r.job_id where r.state <> 'skipped'
  on conflict (shard, run_id) do nothing
  returning run_id, state)`;

/**
 * Fires occurrences: moves each cursor on and records what became of the occurrences it passed, in one statement.
 *
 * Invariants: an occurrence fires at most once, because the cursor moves only from the (revision, next_at) that was read and the run's id is derived from
 * the occurrence; none is lost, because cursor and run are written together; none fires early, because the database's clock must agree; and a node whose
 * lease has ended fires nothing.
 *
 * $1 this node, or null for a command that records what is due before it changes a job (then every run is ready, also one whose spread would have let it
 * start later); $2 moves: [shard, job, revision,
 * next ms, new next ms, when that is due, occurrences counted, whether the schedule is over]; without a new next the cursor
 * stays and waits for the end of the run (fixed delay); $3 runs: [shard, job, run, nominal ms, state, priority, origin, reason, queue, concurrency key,
 * whether workers pull it, when it is skipped if it has not begun, why it is held]. A held run is looked at again after a minute, if nothing releases it before.
 * Returns the runs that went into live_runs. Locks: the cursors' rows. Index: primary key of cursors.
 */
export const fireSql = `
with moves as (${plannedMoves}),
runs as (${plannedRuns}),${carriedOut}
select run_id, punctual.ms(punctual.clock()) as now from born`;

/**
 * As fireSql, for jobs whose runs must not overlap: an occurrence meets what is live of its job, backfills aside, and is run, held or skipped by it.
 *
 * The snapshot decides. Every earlier fire of the job is in it, as the cursor moves only from where that fire left it; so two scheduled runs cannot both
 * find the job free. A run that ends meanwhile is found live, which is made up for by attending to the job after this statement (overlap-statements.ts), with a new
 * snapshot. Locking the live runs instead would meet the results that end them in every order, and deadlock.
 *
 * $1, $2, $3 as of fireSql; moves have besides [8] under "skip", whether the schedule is over, [9] the next ms and [10] when that is due, all three for an
 * occurrence that is skipped, which counts for nothing; runs have besides [13] the policy: skip, queue, cancel_previous. At most 100 runs of a job wait for overlap.
 * Returns what became of each run. Locks: the cursors' rows. Index: primary key of cursors, live_runs_job.
 */
export const fireUnlessBusySql = `
with planned as (${plannedMoves}),
moves as (
  select p.shard, p.job_id, p.revision, p.next_at,
         case when s.skips then punctual.at((p.v->>9)::float8) else p.new_next_at end as new_next_at,
         case when s.skips then punctual.at((p.v->>10)::float8) else p.new_due_at end as new_due_at,
         case when s.skips then 0 else p.counted end as counted, case when s.skips then (p.v->>8)::boolean else p.over end as over
  from planned p cross join lateral (
    select p.v->>8 is not null and exists (
      select from punctual.live_runs l where l.shard = p.shard and l.job_id = p.job_id and l.kind <> 'backfill') as skips) s),
met as (
  select r.*, r.v->>13 as policy, l.live, l.waits,
         count(*) filter (where r.state <> 'skipped') over (partition by r.shard, r.job_id order by r.nominal_at) as turn
  from (${plannedRuns}) r cross join lateral (
    select count(*) as live, count(*) filter (where l.held = 'overlap') as waits
    from punctual.live_runs l where l.shard = r.shard and l.job_id = r.job_id and l.kind <> 'backfill') l),
judged as (
  select m.*, case
    when m.state = 'skipped' or m.live = 0 and m.turn = 1 then 'run'
    when m.policy = 'skip' then 'skip'
    when m.policy = 'cancel_previous' or m.waits + m.turn - (m.live = 0)::int <= 100 then 'hold'
    else 'full' end as verdict
  from met m),
runs as (
  select shard, job_id, run_id, nominal_at, priority, origin, queue, concurrency_key, pulled, expires_at,
         case verdict when 'run' then state when 'hold' then 'waiting' else 'skipped' end as state,
         case verdict when 'hold' then 'overlap' when 'run' then held end as held,
         case verdict when 'skip' then 'overlap' when 'full' then 'overlap: 100 runs wait already' else reason end as reason
  from judged),${carriedOut}
select run_id, state, punctual.ms(punctual.clock()) as now from born union all select run_id, 'skipped', punctual.ms(punctual.clock()) from skipped`;
