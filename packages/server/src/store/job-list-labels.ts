import type { Queryable } from "./database.ts";
import { type Bind, conditionsOf, type JobFilters, labelCondition } from "./job-filters.ts";
import { type JobRow, jobColumns } from "./jobs.ts";

/** How many of a tenant's newest jobs are gone through, at first and at last. */
const nearJobs = 1_000;
const farJobs = 20_000;
/** Times as many as the newest promise: labels are not evenly spread. */
const safety = 2;
/** More jobs than these are not few. */
const fewJobs = 2_000;

/** What a page is taken from: jobs `(shard, job_id)` that have the labels. */
type Source = (bind: Bind) => { with: string; from: string; walked: string };

/**
 * A page of a tenant's jobs with labels, newest first.
 *
 * No index has the jobs of a label in the order of their ids, and a plan that guesses how common a label is walks through millions of jobs, or sorts them, when it guesses
 * wrong. So it is found out, in steps of which each is bounded: among the newest jobs, where a common label fills its page; then among as many as will fill it by what these say; then all that
 * have the label, when these are few; then among many of the newest. What is left are labels of thousands of jobs that the newest twenty thousand hardly have: then all jobs of the label are sorted.
 *
 * Indexes: jobs_tenant, jobs_labels, primary keys.
 */
export async function listJobsWithLabels(
  db: Queryable,
  tenantId: number,
  filters: JobFilters,
  beforeId: string | null,
  limit: number,
): Promise<JobRow[]> {
  const page = (source: Source) => readPage(db, tenantId, filters, beforeId, limit, source);
  const among = async (jobs: number): Promise<{ rows: JobRow[]; isWhole: boolean }> => {
    const { rows, walked } = await page(newest(filters, beforeId, jobs));
    return { rows, isWhole: rows.length === limit || walked < jobs };
  };
  const near = await among(nearJobs);
  if (near.isWhole) return near.rows;
  const promising = Math.ceil((safety * nearJobs * limit) / near.rows.length);
  if (promising <= farJobs) {
    const nearer = await among(promising);
    if (nearer.isWhole) return nearer.rows;
  }
  const few = await fewWithLabels(db, tenantId, filters.labels);
  if (few) return (await page(these(few))).rows;
  const far = await among(farJobs);
  return far.isWhole ? far.rows : (await page(everyOne(filters, beforeId))).rows;
}

/**
 * Sorted before they are joined, so that a full page ends the statement. `offset 0` keeps each job's conditions away from the index on labels: it would be gone through
 * for all jobs of the label once more.
 */
async function readPage(
  db: Queryable,
  tenantId: number,
  filters: JobFilters,
  beforeId: string | null,
  limit: number,
  source: Source,
): Promise<{ rows: JobRow[]; walked: number }> {
  const values: unknown[] = [tenantId];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const { with: ctes, from, walked } = source(bind);
  const text = `${ctes}
select ${walked} as walked, page.* from (select) one left join lateral (
  select ${jobColumns}
  from (select shard, job_id from ${from} order by job_id desc offset 0) m
  cross join lateral (select * from punctual.jobs x where x.shard = m.shard and x.job_id = m.job_id offset 0) j
  left join punctual.cursors c on c.shard = j.shard and c.job_id = j.job_id
  where ${conditionsOf(filters, beforeId, bind)} order by m.job_id desc limit ${bind(limit)}) page on true`;
  const { rows } = await db.query<JobRow & { walked: number; job_id: string | null }>(text, values);
  return { walked: rows[0]?.walked ?? 0, rows: rows.filter((row) => row.job_id !== null).map(({ walked: _walked, ...row }) => row) };
}

/** Those among so many of the newest. */
function newest({ labels }: JobFilters, beforeId: string | null, jobs: number): Source {
  return (bind) => ({
    with: `with newest as materialized (
  select j.shard, j.job_id, ${labelCondition(labels, bind)} as has_labels from punctual.jobs j
  where j.tenant_id = $1 ${beforeId === null ? "" : `and j.job_id < ${bind(beforeId)}::uuid`} order by j.job_id desc limit ${bind(jobs)})`,
    from: "newest where has_labels",
    walked: "(select count(*)::int from newest)",
  });
}

function these(jobs: readonly { shard: number; job_id: string }[]): Source {
  return (bind) => {
    const shards = bind(jobs.map(({ shard }) => shard));
    const ids = bind(jobs.map(({ job_id: id }) => id));
    return { with: "", from: `unnest(${shards}::smallint[], ${ids}::uuid[]) as few(shard, job_id)`, walked: "0" };
  };
}

function everyOne({ labels }: JobFilters, beforeId: string | null): Source {
  return (bind) => ({
    with: `with labelled as materialized (
  select j.shard, j.job_id from punctual.jobs j
  where j.tenant_id = $1 ${beforeId === null ? "" : `and j.job_id < ${bind(beforeId)}::uuid`} and ${labelCondition(labels, bind)})`,
    from: "labelled",
    walked: "0",
  });
}

/**
 * The tenant's jobs with labels when there are few, else null. Other tenants' count too: the index does not tell them apart, and reading a large tenant's jobs for a small
 * one is what must not happen. Materialized, so that the plan is made for all of them and uses the index, while the limit ends it.
 */
async function fewWithLabels(
  db: Queryable,
  tenantId: number,
  labels: JobFilters["labels"],
): Promise<{ shard: number; job_id: string }[] | null> {
  // A key alone is in no index.
  if (labels.every(({ value }) => value === null)) return null;
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const text = `with labelled as materialized (select j.shard, j.job_id, j.tenant_id from punctual.jobs j where ${labelCondition(labels, bind)})
select shard, job_id, tenant_id from labelled limit ${bind(fewJobs + 1)}`;
  const { rows } = await db.query<{ shard: number; job_id: string; tenant_id: number }>(text, values);
  return rows.length > fewJobs ? null : rows.filter((row) => row.tenant_id === tenantId);
}
