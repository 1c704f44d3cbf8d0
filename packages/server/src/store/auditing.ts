import type { RunState } from "@punctual/contract";
import { lowestIdAt, shardOf } from "../model/ids.ts";
import type { Queryable } from "./database.ts";

/**
 * Jobs of a tenant by id, which is by age, those included that were deleted since.
 *
 * $1 tenant, $2 after this id, $3 made before this id, $4 how many. Index: jobs_tenant, job_revisions_tenant.
 */
const jobIdsSql = `
select distinct job_id from (
  (select job_id from punctual.jobs where tenant_id = $1 and job_id > $2 and job_id < $3 order by job_id limit $4)
  union all
  (select distinct job_id from punctual.job_revisions where tenant_id = $1 and job_id > $2 and job_id < $3 order by job_id limit $4)) known
order by job_id limit $4`;

/** @param pastId null for the first page @param createdBeforeMs jobs made later are of no interest */
export async function readJobIds(
  db: Queryable,
  tenantId: number,
  page: { pastId: string | null; createdBeforeMs: number; limit: number },
): Promise<string[]> {
  const { rows } = await db.query<{ job_id: string }>({
    name: "audit_jobs",
    text: jobIdsSql,
    values: [tenantId, page.pastId ?? lowestIdAt(0), lowestIdAt(page.createdBeforeMs), page.limit],
  });
  return rows.map((row) => row.job_id);
}

export type RevisionRow = {
  job_id: string;
  revision: number;
  status: "active" | "paused";
  definition: string;
  valid_from_ms: number;
  /** Null while it is the current one. */
  valid_to_ms: number | null;
  /** Where the job's cursor stands now; null for a superseded revision, while paused and once completed. */
  next_ms: number | null;
};

/**
 * Every revision of these jobs, oldest first: those that were superseded and the current one.
 *
 * $1 tenant, $2 JSON array of [shard, job]. Index: primary keys of jobs, job_revisions and cursors.
 */
const revisionsSql = `
with wanted as (select (v->>0)::smallint as shard, (v->>1)::uuid as job_id from jsonb_array_elements($2::jsonb) v)
select r.job_id, r.revision, r.status, r.definition, punctual.ms(r.valid_from) as valid_from_ms, punctual.ms(r.valid_to) as valid_to_ms, null::float8 as next_ms
from wanted w cross join lateral (
  select * from punctual.job_revisions r where r.shard = w.shard and r.job_id = w.job_id and r.tenant_id = $1) r
union all
select j.job_id, j.revision, j.status, j.definition, punctual.ms(j.updated_at), null, punctual.ms(c.next_at)
from wanted w cross join lateral (
  select * from punctual.jobs j where j.shard = w.shard and j.job_id = w.job_id and j.tenant_id = $1) j
left join punctual.cursors c on c.shard = j.shard and c.job_id = j.job_id
order by 1, 2`;

export async function readRevisions(db: Queryable, tenantId: number, jobIds: readonly string[]): Promise<RevisionRow[]> {
  const { rows } = await db.query<RevisionRow>({
    name: "audit_revisions",
    text: revisionsSql,
    values: [tenantId, JSON.stringify(jobIds.map((id) => [shardOf(id), id]))],
  });
  return rows;
}

export type RecordRow = {
  job_id: string;
  run_id: string;
  nominal_ms: number;
  state: RunState;
  kind: string;
  reason: string | null;
  started_ms: number | null;
};

/**
 * What is recorded of these jobs' occurrences in a window of nominal times, live and ended: one statement, so that a run that ends meanwhile is in one of
 * the two. A run ends after its nominal time, so that older partitions are not looked into.
 *
 * $1 JSON array of [shard, job, lowest run id, highest run id (exclusive)], $2 the earliest nominal time of all. Index: finished_runs_job, live_runs_job.
 */
const recordsSql = `
with wanted as (
  select (v->>0)::smallint as shard, (v->>1)::uuid as job_id, (v->>2)::uuid as lowest, (v->>3)::uuid as highest from jsonb_array_elements($1::jsonb) v)
select r.job_id, r.run_id, punctual.ms(r.nominal_at) as nominal_ms, r.state, r.kind, r.reason, punctual.ms(r.started_at) as started_ms
from wanted w cross join lateral (
  select job_id, run_id, nominal_at, state, kind, reason, started_at from punctual.finished_runs f
  where f.shard = w.shard and f.job_id = w.job_id and f.run_id >= w.lowest and f.run_id < w.highest and f.kind <> 'manual' and f.finished_at >= punctual.at($2)
  union all
  select job_id, run_id, nominal_at, state, kind, null, started_at from punctual.live_runs l
  where l.shard = w.shard and l.job_id = w.job_id and l.run_id >= w.lowest and l.run_id < w.highest and l.kind <> 'manual') r`;

/** @param jobs with the window of each: from inclusive, to exclusive */
export async function readRecords(db: Queryable, jobs: readonly { jobId: string; fromMs: number; toMs: number }[]): Promise<RecordRow[]> {
  if (jobs.length === 0) return [];
  const tuples = jobs.map(({ jobId, fromMs, toMs }) => [shardOf(jobId), jobId, lowestIdAt(fromMs), lowestIdAt(toMs)]);
  const { rows } = await db.query<RecordRow>({
    name: "audit_records",
    text: recordsSql,
    values: [JSON.stringify(tuples), Math.min(...jobs.map(({ fromMs }) => fromMs))],
  });
  return rows;
}
