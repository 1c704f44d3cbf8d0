import type { Queryable } from "./database.ts";
import { type Bind, type JobFilters, labelCondition } from "./job-filters.ts";
import type { JobKey } from "./job-list-statements.ts";

/** Read and sorted, these take about as long as a page may. */
const fewJobs = 2_000;

/**
 * The tenant's jobs with labels when there are few, else null. Other tenants' count too: the index does not tell them apart, and reading a large tenant's jobs for a small one is what must not happen. Materialized, so that the plan is
 * made for all of them and uses the index, while the limit ends it. Index: jobs_labels.
 */
export async function fewWithLabels(db: Queryable, tenantId: number, labels: JobFilters["labels"]): Promise<JobKey[] | null> {
  // A key alone is in no index.
  if (labels.every(({ value }) => value === null)) return null;
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const text = `with labelled as materialized (select j.shard, j.job_id, j.tenant_id from punctual.jobs j where ${labelCondition(labels, bind)})
select shard, job_id, tenant_id from labelled limit ${bind(fewJobs + 1)}`;
  const { rows } = await db.query<JobKey & { tenant_id: number }>(text, values);
  return rows.length > fewJobs ? null : rows.filter((row) => row.tenant_id === tenantId);
}
