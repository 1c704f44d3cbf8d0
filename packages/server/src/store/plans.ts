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

/**
 * Definitions by job and revision. A run keeps the revision it was fired with, also after an edit or a deletion.
 *
 * $1 JSON array of [shard, job, revision]. Locks: none. Index: primary keys of jobs and job_revisions.
 */
const plansSql = `
with wanted as (
  select (v->>0)::smallint as shard, (v->>1)::uuid as job_id, (v->>2)::int as revision from jsonb_array_elements($1::jsonb) v)
select j.job_id, j.revision, j.tenant_id, j.name, j.definition, j.payload
from wanted w cross join lateral (
  select * from punctual.jobs j where j.shard = w.shard and j.job_id = w.job_id and j.revision = w.revision) j
union all
select r.job_id, r.revision, r.tenant_id, r.name, r.definition, r.payload
from wanted w cross join lateral (
  select * from punctual.job_revisions r where r.shard = w.shard and r.job_id = w.job_id and r.revision = w.revision) r`;

export async function readPlans(db: Queryable, wanted: readonly { jobId: string; revision: number }[]): Promise<PlanRow[]> {
  const tuples = wanted.map(({ jobId, revision }) => [shardOf(jobId), jobId, revision]);
  const { rows } = await db.query<PlanRow>({ name: "plans", text: plansSql, values: [JSON.stringify(tuples)] });
  return rows;
}
