import { shardOf } from "../model/ids.ts";
import type { Queryable } from "./database.ts";
import { gathered } from "./gathering.ts";

/** A job with its cursor, times in epoch ms. `definition` and `payload` are JSON texts. */
export type JobRow = {
  shard: number;
  job_id: string;
  tenant_id: number;
  name: string | null;
  revision: number;
  status: "active" | "paused";
  definition: string;
  payload: string | null;
  target_type: string;
  labels: Record<string, string>;
  pause_reason: string | null;
  created_ms: number;
  updated_ms: number;
  /** The next nominal time; null while paused and once completed. */
  next_ms: number | null;
  /** When the engine looks at it; Infinity while paused. */
  due_ms: number | null;
  /** Occurrences counted against maxRuns; null once completed. */
  fired: number | null;
};

export const jobColumns = `j.shard, j.job_id, j.tenant_id, j.name, j.revision, j.status, j.definition, j.payload, j.target_type, j.labels, j.pause_reason,
  punctual.ms(j.created_at) as created_ms, punctual.ms(j.updated_at) as updated_ms, punctual.ms(c.next_at) as next_ms,
  punctual.ms(c.due_at) as due_ms, c.fired`;
export const jobTables = "punctual.jobs j left join punctual.cursors c on c.shard = j.shard and c.job_id = j.job_id";

export type NewJob = {
  jobId: string;
  name: string | null;
  definition: string;
  payload: string | null;
  targetType: string;
  labels: Record<string, string>;
  /** First nominal time, epoch ms. */
  nextMs: number;
  /** When that starts: later by spread and jitter. */
  dueMs: number;
  /** For a fixed delay: from a run's end to the next occurrence. */
  afterMs: number | null;
  /** It comes into being with the first job that names it. */
  queue: { key: number; name: string } | null;
};

/**
 * Creates up to a thousand jobs in one statement; with a taken name, a job is left out while its neighbours are created.
 *
 * $1 tenant; $2 JSON array of [shard, id, name, definition, payload, target type, labels, next ms, due ms, fixed delay, queue, its name]. Locks: the new rows; a name that another open
 * transaction is inserting makes it wait for that one, in the order of names so that two requests cannot wait for each other. A one-time job whose time has passed is due now, under its old nominal time.
 */
const insertJobsSql = `
with input as (
  select (v->>0)::smallint as shard, (v->>1)::uuid as job_id, v->>2 as name, v->>3 as definition, v->>4 as payload, v->>5 as target_type, v->6 as labels,
         punctual.at((v->>7)::float8) as next_at, punctual.at((v->>8)::float8) as due_at, (v->>9)::bigint as after_ms, (v->>10)::bigint as queue,
         v->>11 as queue_name, place
  from jsonb_array_elements($2::jsonb) with ordinality as t(v, place)),
names as (
  insert into punctual.job_names (tenant_id, name, shard, job_id) select $1, name, shard, job_id from input where name is not null order by name collate "C", place
  on conflict do nothing returning job_id),
accepted as (select * from input where name is null or job_id in (select job_id from names)),
new_jobs as (
  insert into punctual.jobs (shard, job_id, tenant_id, name, revision, status, definition, payload, target_type, labels, created_at, updated_at)
  select shard, job_id, $1, name, 1, 'active', definition, payload, target_type, labels, punctual.clock(), punctual.clock() from accepted),
new_queues as (
  insert into punctual.queues (shard, queue, tenant_id, name, created_at, updated_at)
  select distinct shard, queue, $1::int, queue_name, punctual.clock(), punctual.clock() from accepted where queue is not null
  order by shard, queue on conflict do nothing),
new_cursors as (
  insert into punctual.cursors (shard, job_id, tenant_id, revision, next_at, due_at, after_ms)
  select shard, job_id, $1, 1, next_at, greatest(due_at, punctual.clock()), after_ms from accepted)
select job_id, punctual.ms(punctual.clock()) as created_ms from accepted`;

/** @returns when those were created that were, by id; the others' names are taken */
export async function insertJobs(db: Queryable, tenantId: number, jobs: readonly NewJob[]): Promise<Map<string, number>> {
  const input = jobs.map((job) => [
    shardOf(job.jobId),
    job.jobId,
    job.name,
    job.definition,
    job.payload,
    job.targetType,
    job.labels,
    job.nextMs,
    job.dueMs,
    job.afterMs,
    job.queue?.key,
    job.queue?.name,
  ]);
  const { rows } = await db.query<{ job_id: string; created_ms: number }>({
    name: "insert_jobs",
    text: insertJobsSql,
    values: [tenantId, JSON.stringify(input)],
  });
  return new Map(rows.map((row) => [row.job_id, row.created_ms]));
}

/** Creates one job, together with others of its tenant that are being created now. @returns when, or null when its name is taken */
export const insertJob = gathered<NewJob, number | null>(100, async (db, tenantId, jobs) => {
  const created = await insertJobs(db, tenantId, jobs);
  return jobs.map((job) => created.get(job.jobId) ?? null);
});

/** The job, or null when it does not exist or is another tenant's. */
export async function findJob(db: Queryable, tenantId: number, jobId: string): Promise<JobRow | null> {
  const { rows } = await db.query<JobRow>({
    name: "find_job",
    text: `select ${jobColumns} from ${jobTables} where j.shard = $1 and j.job_id = $2 and j.tenant_id = $3`,
    values: [shardOf(jobId), jobId, tenantId],
  });
  return rows[0] ?? null;
}

export async function findJobByName(db: Queryable, tenantId: number, name: string): Promise<JobRow | null> {
  const { rows } = await db.query<JobRow>({
    name: "find_job_by_name",
    text: `select ${jobColumns} from punctual.job_names n, ${jobTables}
           where n.tenant_id = $1 and n.name = $2 and j.shard = n.shard and j.job_id = n.job_id`,
    values: [tenantId, name],
  });
  return rows[0] ?? null;
}
