import type { Database, Queryable } from "./database.ts";

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

/** A cleaning under way. `abort` does not wait for its end, which may be minutes away: `ended` fails, and the server goes on until it notices. */
export type CleaningUp = { ended: Promise<void>; abort(): void };

/**
 * Removes the table's dead rows, as far as no snapshot keeps them, beside whatever else goes on. By one process, as autovacuum would; and without giving pages back to the disk, which locks
 * the table and is undone a moment later. A role that does not own the table is warned and cleans nothing: autovacuum does it then, later.
 *
 * Locks: share update exclusive, which nothing of Punctual's waits for but a migration.
 */
export function cleanUp(db: Database, table: HotTable): CleaningUp {
  const aborting = new AbortController();
  const { signal } = aborting;
  const vacuum = async (): Promise<void> => {
    const client = await db.connect();
    const cut = (): void => client.release(true);
    if (signal.aborted) cut();
    signal.throwIfAborted();
    signal.addEventListener("abort", cut);
    try {
      await client.query(`vacuum (truncate false, parallel 0) punctual.${table}`);
      if (!signal.aborted) client.release();
    } catch (error) {
      if (!signal.aborted) client.release(error as Error);
      throw error;
    } finally {
      signal.removeEventListener("abort", cut);
    }
  };
  return { ended: vacuum(), abort: () => aborting.abort() };
}
