import { shardOf } from "../model/ids.ts";
import type { Queryable } from "./database.ts";

/** What a run needs of its job: the revision it was fired with, current or superseded. */
export type PlanRow = {
  job_id: string;
  revision: number;
  tenant_id: number;
  name: string | null;
  definition: string;
  payload: string | null;
};

const wanted = `
with wanted as (
  select (v->>0)::smallint as shard, (v->>1)::uuid as job_id, (v->>2)::int as revision from jsonb_array_elements($1::jsonb) v)`;

/**
 * Definitions by job and revision, of revisions that are current.
 *
 * $1 JSON array of [shard, job, revision]. Locks: none. Index: primary key of jobs.
 */
const currentSql = `${wanted}
select j.job_id, j.revision, j.tenant_id, j.name, j.definition, j.payload
from wanted w cross join lateral (
  select * from punctual.jobs j where j.shard = w.shard and j.job_id = w.job_id and j.revision = w.revision) j`;

/**
 * The same of revisions that are superseded, or whose job is deleted.
 *
 * $1 as of currentSql. Locks: none. Index: primary key of job_revisions.
 */
const supersededSql = `${wanted}
select r.job_id, r.revision, r.tenant_id, r.name, r.definition, r.payload
from wanted w cross join lateral (
  select * from punctual.job_revisions r where r.shard = w.shard and r.job_id = w.job_id and r.revision = w.revision) r`;

/**
 * What was asked for, as far as it exists. A run keeps the revision it was fired with, also after an edit or a deletion.
 *
 * Nearly all are current, so that the others are asked for by themselves: to look for each in both tables took the database a quarter longer. In this order nothing slips through,
 * as a revision only ever goes from the one to the other.
 */
export async function readPlans(db: Queryable, keys: readonly { jobId: string; revision: number }[]): Promise<PlanRow[]> {
  const tuplesOf = (some: typeof keys): string => JSON.stringify(some.map(({ jobId, revision }) => [shardOf(jobId), jobId, revision]));
  const { rows } = await db.query<PlanRow>({ name: "plans", text: currentSql, values: [tuplesOf(keys)] });
  if (rows.length === keys.length) return rows;
  const found = new Set(rows.map((row) => `${row.job_id}/${row.revision}`));
  const missing = keys.filter(({ jobId, revision }) => !found.has(`${jobId}/${revision}`));
  const superseded = await db.query<PlanRow>({ name: "superseded_plans", text: supersededSql, values: [tuplesOf(missing)] });
  return [...rows, ...superseded.rows];
}
