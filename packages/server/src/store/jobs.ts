import { shardOf } from "../model/ids.ts";
import { bigint, binaryArray, type ElementType, float8, smallint, text, uuid } from "./binary-arrays.ts";
import { createJobsOfFreeNamesSql, createJobsSql } from "./creation-statements.ts";
import { isInTransaction, isUniqueViolation, type Queryable, transaction } from "./database.ts";
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

/** When those were created that were, epoch ms, by id; the others' names are taken. */
export type Created = ReadonlyMap<string, number>;

/** Creates up to a thousand jobs in one statement; with a taken name, a job is left out while its neighbours are created. */
export async function insertJobs(db: Queryable, tenantId: number, jobs: readonly NewJob[]): Promise<Created> {
  const { rows } = await db.query<{ created_ms: number; created: string[] }>({
    name: "create_jobs",
    text: createJobsSql,
    values: [tenantId, ...columnsOf(jobs)],
  });
  return new Map(rows.flatMap(({ created, created_ms: createdMs }) => created.map((jobId) => [jobId, createdMs] as const)));
}

/**
 * The same, cheaper for jobs of which most likely none has a taken name: first as if that were certain. Not in an open transaction, which would not survive being wrong.
 */
export async function insertJobsHopefully(db: Queryable, tenantId: number, jobs: readonly NewJob[]): Promise<Created> {
  if (isInTransaction(db)) return insertJobs(db, tenantId, jobs);
  try {
    return await transaction(db, (tx) => insertJobsOfFreeNames(tx, tenantId, jobs));
  } catch (error) {
    if (!isUniqueViolation(error, "job_names_pkey")) throw error;
    return insertJobs(db, tenantId, jobs);
  }
}

async function insertJobsOfFreeNames(tx: Queryable, tenantId: number, jobs: readonly NewJob[]): Promise<Created> {
  const { rows } = await tx.query<{ created_ms: number }>({
    name: "create_jobs_of_free_names",
    text: createJobsOfFreeNamesSql,
    values: [tenantId, ...columnsOf(jobs)],
  });
  const [row] = rows;
  return new Map(row && jobs.map(({ jobId }) => [jobId, row.created_ms]));
}

function columnsOf(jobs: readonly NewJob[]): Buffer[] {
  const column = <T>(type: ElementType<T>, read: (job: NewJob) => T | null): Buffer => binaryArray(type, jobs.map(read));
  return [
    column(smallint, ({ jobId }) => shardOf(jobId)),
    column(uuid, ({ jobId }) => jobId),
    column(text, ({ name }) => name),
    column(text, ({ definition }) => definition),
    column(text, ({ payload }) => payload),
    column(text, ({ targetType }) => targetType),
    column(text, ({ labels }) => JSON.stringify(labels)),
    column(float8, ({ nextMs }) => nextMs),
    column(float8, ({ dueMs }) => dueMs),
    column(bigint, ({ afterMs }) => afterMs),
    column(bigint, ({ queue }) => queue?.key ?? null),
    column(text, ({ queue }) => queue?.name ?? null),
  ];
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
