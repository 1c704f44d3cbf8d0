import type { Database } from "../../packages/server/src/store/database.ts";

/** What is stored for each job and for each ended run, indexes and free room included; null without any. */
export type Storage = { bytesPerJob: number | null; bytesPerRun: number | null };

/** Sizes of partitions add up to their table's. Counts walk the tables: for after the measurement. */
const storageSql = `
with sizes as (
  select regexp_replace(relname, '_(\\d{8}|default)$', '') as name, sum(pg_total_relation_size(relid))::float8 as bytes
  from pg_stat_user_tables where schemaname = 'punctual' group by 1)
select (select sum(bytes) from sizes where name in ('jobs', 'cursors')) / nullif((select count(*) from punctual.jobs), 0) as job,
       (select sum(bytes) from sizes where name in ('finished_runs', 'attempts')) / nullif((select count(*) from punctual.finished_runs), 0) as run`;

export async function readStorage(db: Database): Promise<Storage> {
  const { rows } = await db.query<{ job: number | null; run: number | null }>(storageSql);
  const whole = (value: number | null | undefined): number | null => (typeof value === "number" ? Math.round(value) : null);
  return { bytesPerJob: whole(rows[0]?.job), bytesPerRun: whole(rows[0]?.run) };
}
