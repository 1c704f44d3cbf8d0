import { sameJob, sameRun } from "./by-key.ts";

/**
 * The statements of runs that are held because another one of their job is live. Hot, as those of hot-statements.ts.
 */

/**
 * Jobs with runs held for overlap that are to be looked at again. Each of these runs is put off by a minute, so that it comes up again whatever becomes of
 * the look.
 *
 * $1 shards, $2 how many runs of each, $3 how long before its time a run may be taken, in ms. Locks: the rows, skipping locked ones.
 * Index: live_runs_overlap_due.
 */
export const heldJobsSql = `
with due as (
  select h.shard, h.run_id from unnest($1::smallint[]) as s(shard)
  cross join lateral (
    select l.shard, l.run_id from punctual.live_runs l
    where l.shard = s.shard and l.held = 'overlap' and l.due_at <= punctual.clock() + $3 * interval '1 millisecond'
    order by l.due_at limit $2 for update skip locked) h),
put_off as (
  update punctual.live_runs l set due_at = punctual.clock() + interval '1 minute'
  from due where ${sameRun("l", "due")}
  returning l.shard, l.job_id, l.tenant_id, l.revision, l.run_id)
select distinct on (shard, job_id) shard, job_id, tenant_id, revision, run_id as newest_run_id from put_off order by shard, job_id, run_id desc`;

/**
 * The oldest run held for overlap of each job that has nothing else live, backfills aside: it becomes ready.
 *
 * Called after the commit of whatever ended a run, or held one, so that whichever of the two committed last is followed by a look that sees both. In the
 * statement of the end itself the release would miss a run that is held by a fire at the same moment.
 *
 * $1 jobs: [shard, job]. Locks: the rows released. Index: live_runs_overlap_job, live_runs_job.
 */
export const releaseSql = `
with jobs as (select (v->>0)::smallint as shard, (v->>1)::uuid as job_id from jsonb_array_elements($1::jsonb) v),
first as (
  select o.shard, o.run_id from jobs j
  cross join lateral (
    select l.shard, l.run_id from punctual.live_runs l
    where l.shard = j.shard and l.job_id = j.job_id and l.held = 'overlap' order by l.nominal_at limit 1) o
  where not exists (
    select from punctual.live_runs l
    where ${sameJob("l", "j")} and l.kind <> 'backfill' and l.held is distinct from 'overlap'))
update punctual.live_runs l set state = 'ready', held = null, due_at = punctual.clock()
-- Not as l.held = 'overlap', which would invite the planner to walk all that are held.
from first f where ${sameRun("l", "f")} and l.held is not distinct from 'overlap'`;
