import type { Queryable } from "./database.ts";
import { type JobRow, jobColumns, jobTables } from "./jobs.ts";

export type JobFilters = {
  status?: "active" | "paused" | "completed";
  /** `key=value` pairs and bare keys that all must be there. */
  labels: { key: string; value: string | null }[];
  namePrefix?: string;
  targetType?: string;
  nextFromMs?: number;
  nextToMs?: number;
};

const statusConditions = {
  active: "j.status = 'active' and c.job_id is not null",
  paused: "j.status = 'paused'",
  completed: "j.status = 'active' and c.job_id is null",
} as const;

/**
 * A page of a tenant's jobs, newest first, as ids sort by creation. Index: jobs_tenant, walked backwards from the last id seen; with labels jobs_labels,
 * with a name prefix the primary key of job_names.
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
  const values: unknown[] = [tenantId];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = ["j.tenant_id = $1"];
  if (beforeId !== null) where.push(`j.job_id < ${bind(beforeId)}::uuid`);
  if (filters.status) where.push(statusConditions[filters.status]);
  if (filters.targetType !== undefined) where.push(`j.target_type = ${bind(filters.targetType)}`);
  if (filters.nextFromMs !== undefined) where.push(`c.next_at >= punctual.at(${bind(filters.nextFromMs)})`);
  if (filters.nextToMs !== undefined) where.push(`c.next_at < punctual.at(${bind(filters.nextToMs)})`);
  // `labels <> '{}'` is implied, and lets the partial index serve.
  for (const { key, value } of filters.labels) {
    where.push(
      value === null
        ? `j.labels <> '{}' and j.labels ? ${bind(key)}`
        : `j.labels <> '{}' and j.labels @> ${bind(JSON.stringify({ [key]: value }))}::jsonb`,
    );
  }
  if (filters.namePrefix !== undefined) {
    const pattern = `${filters.namePrefix.replace(/[\\%_]/g, "\\$&")}%`;
    where.push(`j.job_id in (select n.job_id from punctual.job_names n where n.tenant_id = $1 and n.name like ${bind(pattern)})`);
  }
  const text = `select ${jobColumns} from ${jobTables} where ${where.join(" and ")} order by j.job_id desc limit ${bind(limit)}`;
  const { rows } = await db.query<JobRow>(text, values);
  return rows;
}
