import { lastAttempt } from "./runs.ts";

/**
 * The statements that search runs: one for each index that ended ones can be walked by. They are a page's business, never the engine's, and may span shards.
 *
 * No filter can make one slow, because none looks at more than it is told to: it walks the newest rows that an index offers, applies the filters to those,
 * and says how far it came. What the index cannot tell is told by the next call, which goes on from there.
 */

/** The candidates of a walk, in the order of their ids; `$2`, `$3` and `$4` bound it. */
const ended = `r.shard, r.run_id, r.job_id, r.tenant_id, r.revision, r.state, r.kind, r.nominal_at, r.attempt, r.started_at, r.finished_at, r.reason, r.ended_by, r.rerun_of, r.queue,
  r.origin, r.failure_class, r.status_code, r.output`;
const inRange = "r.run_id < $2::uuid and r.run_id >= $3::uuid and r.finished_at >= punctual.at($4)";
const newest = "order by r.run_id desc limit $5";

/** Candidates of several keys: the newest of each, then the newest of those. */
const ofEach = (keys: string, where: string): string =>
  `select r.* from ${keys} cross join lateral (select ${ended} from punctual.finished_runs r where ${where} and ${inRange} ${newest}) r ${newest}`;

const ofJobs = "unnest($15::uuid[]) k(job_id)";
const byJob = "r.shard = get_byte(uuid_send(k.job_id), 15)::smallint and r.job_id = k.job_id";

/**
 * How ended runs can be walked, by the index: all of the tenant's; those of jobs; what did not succeed of jobs; by how they ended; by why they failed; and
 * the shard that a queue lives in.
 */
const walks = {
  tenant: `select ${ended} from punctual.finished_runs r where r.tenant_id = $1 and ${inRange} ${newest}`,
  job: ofEach(ofJobs, byJob),
  jobOutcome: ofEach(ofJobs, `${byJob} and r.state <> 'succeeded'`),
  outcome: ofEach("unnest($9::text[]) k(state)", "r.tenant_id = $1 and r.state = k.state and r.state <> 'succeeded'"),
  failure: ofEach("unnest($11::text[]) k(class)", "r.tenant_id = $1 and r.failure_class = k.class and r.failure_class is not null"),
  shard: `select ${ended} from punctual.finished_runs r where r.shard = ($14::bigint % 256)::smallint and ${inRange} ${newest}`,
} as const;

export type Walk = keyof typeof walks;
export const walkNames = Object.keys(walks) as readonly Walk[];

/**
 * The planner's settings for these statements, for a transaction. Plans are made once a connection, never from values: planning over 30 partitions costs
 * more than the walk. Without values the planner takes every range for a narrow one, and would fetch and sort it.
 */
export const walkIndexes = `set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off; set local enable_bitmapscan = off;
  set local enable_sort = off; set local enable_hashjoin = off`;

/** In a statement of its own: 30 partitions take a millisecond to get ready to be looked into, also when none is. */
const hasText = `and (c.output ilike $18 or (
      select true from punctual.attempts a
      where a.shard = c.shard and a.run_id = c.run_id and a.finished_at >= c.started_at - interval '1 hour'
        and a.finished_at <= coalesce(c.finished_at, 'infinity') + interval '1 hour' and (a.output ilike $18 or a.error ilike $18)
      limit 1))`;

/**
 * A piece of a search: runs of a tenant that match, newest nominal time first, and how far down it looked.
 *
 * Live runs and ended ones are read in one snapshot, so that a run that ends meanwhile is neither missed nor doubled. Live ones have no index by tenant, as
 * every index on that table costs each run: the newest of each shard are looked at, whoever's they are;
 * and so are the ended ones of a job or of a queue's shard, as a filter inside a walk would let it run on.
 *
 * $1 tenant; run ids $2 below (exclusive), $3 from (inclusive); $4 nothing in range ended before (epoch ms), which spares older partitions; how many rows to look
 * at: $5 ended, $7 live of each of the shards $6; $8 how many to answer. Filters, each null for any: $9 states, $10 kind, $11 failure classes, $12 status codes (ranges),
 * $13 origin, $14 queue, $15 jobs, $16 labels and $17 label keys of the job as it is, $18 pattern for output or error of an attempt.
 *
 * Returns `reached` in every row: the id down to which the answer is whole, null for down to the end; a row without run_id when nothing matched.
 * Subqueries have a limit, as EXISTS would be hashed over a whole table. Locks: none. Index: the walk's; primary key of live_runs; primary key of attempts, for each candidate that passed the other filters.
 */
export const searchSql = (walk: Walk, withText: boolean): string => `
with live as (
  select l.* from unnest($6::smallint[]) s(shard) cross join lateral (
    select r.*, row_number() over (order by r.run_id desc) as place from punctual.live_runs r
    where r.shard = s.shard and r.run_id < $2::uuid and r.run_id >= $3::uuid order by r.run_id desc limit $7) l),
ended as (
  select r.*, row_number() over (order by r.run_id desc) as place from (${walks[walk]}) r),
edge as (
  select greatest(
    (select run_id from live where place = $7 order by run_id desc limit 1), (select run_id from ended where place = $5 limit 1)) as reached),
candidates as (
  select r.shard, r.run_id, r.job_id, r.revision, r.state, r.kind, r.nominal_at, r.due_at, r.attempt, r.started_at, null::timestamptz as finished_at,
         r.cancel_reason as reason, r.cancelled_by as ended_by, r.rerun_of, r.held, r.queue, r.origin, a.failure_class, a.status_code,
         r.worker, case when r.holder < 0 then r.expires_at end as lease_until, r.progress, r.progress_message, null as output
  from live r ${lastAttempt} where r.tenant_id = $1
  union all
  select shard, run_id, job_id, revision, state, kind, nominal_at, null, attempt, started_at, finished_at, reason, ended_by, rerun_of, null, queue, origin,
         failure_class, status_code, null, null, null, null, output from ended where tenant_id = $1),
found as (
  select c.* from candidates c, edge
  where (edge.reached is null or c.run_id >= edge.reached)
    and ($9::text[] is null or c.state = any ($9)) and ($10::text is null or c.kind = $10)
    and ($11::text[] is null or c.failure_class = any ($11)) and ($12::int4multirange is null or c.status_code <@ $12)
    and ($13::int is null or c.origin = $13) and ($14::bigint is null or c.queue = $14) and ($15::uuid[] is null or c.job_id = any ($15))
    and ($16::jsonb is null or (
      select true from punctual.jobs j where j.shard = c.shard and j.job_id = c.job_id and j.labels @> $16 and j.labels ?& $17::text[] limit 1))
    ${withText ? hasText : ""}
  order by c.run_id desc limit $8)
select edge.reached, f.run_id, f.job_id, f.revision, f.state, f.kind, punctual.ms(f.nominal_at) as nominal_ms, punctual.ms(f.due_at) as due_ms, f.attempt,
       punctual.ms(f.started_at) as started_ms, punctual.ms(f.finished_at) as finished_ms, f.reason, f.ended_by, f.rerun_of, f.held,
       (select q.name from punctual.queues q where q.shard = f.shard and q.queue = f.queue) as queue, f.failure_class, f.status_code,
       f.worker, punctual.ms(f.lease_until) as lease_until_ms, f.progress, f.progress_message
from edge left join found f on true order by f.run_id desc`;
