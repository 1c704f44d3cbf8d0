import type { Queryable } from "./database.ts";
import { type Bind, conditionsOf, type JobFilters } from "./job-filters.ts";
import { listJobsWithLabels } from "./job-list-labels.ts";
import { type JobRow, jobColumns, jobTables } from "./jobs.ts";

/**
 * A page of a tenant's jobs, newest first, as ids sort by creation. Index: jobs_tenant, walked backwards from the last id seen; with a name prefix the primary key of
 * job_names; with labels see job-list-labels.ts.
 *
 * @param beforeId the last id of the page before, or null
 */
export async function listJobs(
  db: Queryable,
  tenantId: number,
  filters: JobFilters,
  beforeId: string | null,
  limit: number,
): Promise<JobRow[]> {
  if (filters.labels.length > 0) return listJobsWithLabels(db, tenantId, filters, beforeId, limit);
  const values: unknown[] = [tenantId];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const where = conditionsOf(filters, beforeId, bind);
  const text = `select ${jobColumns} from ${jobTables} where ${where} order by j.job_id desc limit ${bind(limit)}`;
  const { rows } = await db.query<JobRow>(text, values);
  return rows;
}
