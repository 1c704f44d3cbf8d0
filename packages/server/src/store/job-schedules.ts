import type { Queryable } from "./database.ts";

/** What a forecast needs of a job; times in epoch ms. */
export type ScheduledJobRow = { job_id: string; definition: string; next_ms: number | null; fired: number };

/**
 * A page of a tenant's active jobs that still have occurrences to come, oldest first.
 *
 * $1 tenant, $2 the last id of the page before, or null; $3 how many. Locks: none. Index: jobs_tenant, and cursors_job for each job.
 */
const scheduledJobsSql = `
select j.job_id, j.definition, punctual.ms(c.next_at) as next_ms, c.fired
from punctual.jobs j join punctual.cursors c on c.shard = j.shard and c.job_id = j.job_id
where j.tenant_id = $1 and j.status = 'active' and ($2::uuid is null or j.job_id > $2)
order by j.job_id limit $3`;

export async function listScheduledJobs(
  db: Queryable,
  tenantId: number,
  afterId: string | null,
  limit: number,
): Promise<ScheduledJobRow[]> {
  const { rows } = await db.query<ScheduledJobRow>({ name: "scheduled_jobs", text: scheduledJobsSql, values: [tenantId, afterId, limit] });
  return rows;
}
