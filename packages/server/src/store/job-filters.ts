export type JobFilters = {
  status?: "active" | "paused" | "completed";
  /** `key=value` pairs and bare keys that all must be there. */
  labels: { key: string; value: string | null }[];
  namePrefix?: string;
  targetType?: string;
  nextFromMs?: number;
  nextToMs?: number;
};

/** Takes a value of a statement. @returns its place, such as `$2` */
export type Bind = (value: unknown) => string;

const statusConditions = {
  active: "j.status = 'active' and c.job_id is not null",
  paused: "j.status = 'paused'",
  completed: "j.status = 'active' and c.job_id is null",
} as const;

/** What job `j` with cursor `c` must be to be listed; $1 is the tenant. */
export function conditionsOf(filters: JobFilters, beforeId: string | null, bind: Bind): string {
  const where = ["j.tenant_id = $1"];
  if (beforeId !== null) where.push(`j.job_id < ${bind(beforeId)}::uuid`);
  if (filters.status) where.push(statusConditions[filters.status]);
  if (filters.targetType !== undefined) where.push(`j.target_type = ${bind(filters.targetType)}`);
  if (filters.nextFromMs !== undefined) where.push(`c.next_at >= punctual.at(${bind(filters.nextFromMs)})`);
  if (filters.nextToMs !== undefined) where.push(`c.next_at < punctual.at(${bind(filters.nextToMs)})`);
  if (filters.labels.length > 0) where.push(labelCondition(filters.labels, bind));
  if (filters.namePrefix !== undefined) {
    const pattern = `${filters.namePrefix.replace(/[\\%_]/g, "\\$&")}%`;
    where.push(`j.job_id in (select n.job_id from punctual.job_names n where n.tenant_id = $1 and n.name like ${bind(pattern)})`);
  }
  return where.join(" and ");
}

/** That job `j` has all of these labels. `labels <> '{}'` is implied, and lets the partial index serve. */
export function labelCondition(labels: JobFilters["labels"], bind: Bind): string {
  const each = labels.map(({ key, value }) =>
    value === null ? `j.labels ? ${bind(key)}` : `j.labels @> ${bind(JSON.stringify({ [key]: value }))}::jsonb`,
  );
  return ["j.labels <> '{}'", ...each].join(" and ");
}
