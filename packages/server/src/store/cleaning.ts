import type { Queryable } from "./database.ts";

/** The tables whose rows come and go by the thousand a second. */
export const hotTables = ["live_runs", "cursors"] as const;
export type HotTable = (typeof hotTables)[number];

/** When there is enough to clean up: as autovacuum counts, but for tables that are small and never rest. */
const [deadRows, deadShare] = [1_000, 0.01];

/** Whether so many rows of the table are dead that it is worth going through it. They are counted by the server, and a second late. */
export async function needsCleaning(db: Queryable, table: HotTable): Promise<boolean> {
  const { rows } = await db.query<{ needed: boolean }>({
    name: "needs_cleaning",
    text: `select pg_stat_get_dead_tuples(c.oid) >= $2 + $3 * greatest(c.reltuples, 0) as needed
           from pg_class c where c.oid = ('punctual.' || $1)::regclass`,
    values: [table, deadRows, deadShare],
  });
  return rows[0]?.needed ?? false;
}

/**
 * Removes the table's dead rows, as far as no snapshot keeps them, beside whatever else goes on. By one process, as autovacuum would; and without giving pages back to the disk, which locks
 * the table and is undone a moment later. A role that does not own the table is warned and cleans nothing: autovacuum does it then, later.
 *
 * Locks: share update exclusive, which nothing of Punctual's waits for but a migration.
 */
export async function cleanUp(db: Queryable, table: HotTable): Promise<void> {
  await db.query(`vacuum (truncate false, parallel 0) punctual.${table}`);
}
