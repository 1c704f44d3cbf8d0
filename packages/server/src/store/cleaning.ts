import type { Queryable } from "./database.ts";

/** The tables whose rows come and go by the thousand a second. */
export const hotTables = ["live_runs", "cursors"] as const;
export type HotTable = (typeof hotTables)[number];

/** When there is enough to clean up: as autovacuum counts, but for tables that are small and never rest. */
const [deadRows, deadShare] = [1_000, 0.01];

/** More than comes together between two cleanings: something kept them, and they are of the past, where nobody looks. */
const manyRows = 2_000_000;
/** Pages cost 1 to 20 each. 35,000 a second go through 18 million dead rows in ten minutes and leave the processor to those who work; in full strength it takes half of two cores for two. */
const [slowly, atOnce] = ["2ms", "0"];
const costLimit = 70;

/** How many rows of the table are dead, and whether that is enough to go through it. They are counted by the server, and a second late. */
export async function readDead(db: Queryable, table: HotTable): Promise<{ dead: number; isMuch: boolean }> {
  const { rows } = await db.query<{ dead: number; is_much: boolean }>({
    name: "dead_rows",
    text: `select d.dead, d.dead >= $2 + $3 * greatest(c.reltuples, 0) as is_much
           from pg_class c cross join lateral (select pg_stat_get_dead_tuples(c.oid)::float8 as dead) d where c.oid = ('punctual.' || $1)::regclass`,
    values: [table, deadRows, deadShare],
  });
  return { dead: rows[0]?.dead ?? 0, isMuch: rows[0]?.is_much ?? false };
}

/**
 * Removes the table's dead rows, as far as no snapshot keeps them, beside whatever else goes on. By one process, as autovacuum would; and without giving pages back to the disk, which locks
 * the table and is undone a moment later. A role that does not own the table is warned and cleans nothing: autovacuum does it then, later.
 *
 * Locks: share update exclusive, which nothing of Punctual's waits for but a migration.
 *
 * @param session a connection: how fast it goes is a setting of the session's (through a pooler it may miss, and then goes at full speed)
 */
export async function cleanUp(session: Queryable, table: HotTable, dead: number): Promise<void> {
  await session.query(`set vacuum_cost_delay = '${dead > manyRows ? slowly : atOnce}'; set vacuum_cost_limit = ${costLimit}`);
  await session.query(`vacuum (truncate false, parallel 0) punctual.${table}`);
}
