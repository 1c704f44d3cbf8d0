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

/** What job `j` must be by its own row, besides its labels. */
export function jobConditions({ status, namePrefix, targetType }: JobFilters, bind: Bind): string {
  const where = ["true"];
  if (status !== undefined) where.push(`j.status = ${status === "paused" ? "'paused'" : "'active'"}`);
  if (targetType !== undefined) where.push(`j.target_type = ${bind(targetType)}`);
  if (namePrefix !== undefined) where.push(`j.name like ${bind(patternOf(namePrefix))}`);
  return where.join(" and ");
}

/** What it must be by its cursor `c`, which a completed one lacks. */
export function cursorConditions({ status, nextFromMs, nextToMs }: JobFilters, bind: Bind): string {
  const where = ["true"];
  if (status === "active") where.push("c.job_id is not null");
  if (status === "completed") where.push("c.job_id is null");
  if (nextFromMs !== undefined) where.push(`c.next_at >= punctual.at(${bind(nextFromMs)})`);
  if (nextToMs !== undefined) where.push(`c.next_at < punctual.at(${bind(nextToMs)})`);
  return where.join(" and ");
}

export const patternOf = (prefix: string): string => `${prefix.replace(/[\\%_]/g, "\\$&")}%`;

/** That job `j` has all of these labels. `labels <> '{}'` is implied, and lets the partial index serve. */
export function labelCondition(labels: JobFilters["labels"], bind: Bind): string {
  if (labels.length === 0) return "true";
  const each = labels.map(({ key, value }) =>
    value === null ? `j.labels ? ${bind(key)}` : `j.labels @> ${bind(JSON.stringify({ [key]: value }))}::jsonb`,
  );
  return ["j.labels <> '{}'", ...each].join(" and ");
}
