import type { Database } from "./database.ts";
import { transaction } from "./database.ts";

const partitioned = ["finished_runs", "attempts"] as const;
const daysAhead = 3;
/** Any constant that nobody else locks on this database. */
const makingLock = 7_306_914_553;

/**
 * Makes the daily partitions of today and the next days. A day whose rows already lie in the default partition is left there: moving them would lock the
 * table for as long as it takes.
 *
 * @returns names of those made
 */
export async function createPartitions(db: Database): Promise<string[]> {
  const made: string[] = [];
  for (const table of partitioned) {
    for (let day = 0; day <= daysAhead; day++) {
      const name = await createPartition(db, table, day);
      if (name) made.push(name);
    }
  }
  return made;
}

/** Days are counted without a zone: in the session's own, adding a day to a timestamptz gives 23 or 25 hours where the clocks change. */
async function createPartition(db: Database, table: string, day: number): Promise<string | null> {
  const { rows } = await db.query<{ name: string; from: string; to: string; present: boolean; strays: boolean }>(
    `with day as (select (date_trunc('day', punctual.clock(), 'UTC') at time zone 'UTC') + $2 * interval '1 day' as utc),
     bounds as (
       select $1 || '_' || to_char(utc, 'YYYYMMDD') as name, utc at time zone 'UTC' as start, (utc + interval '1 day') at time zone 'UTC' as stop from day)
     select name, start::text as from, stop::text as to, to_regclass('punctual.' || name) is not null as present,
            exists (select from punctual.${table}_default d where d.finished_at >= start and d.finished_at < stop) as strays
     from bounds`,
    [table, day],
  );
  const partition = rows[0];
  if (!partition || partition.present || partition.strays) return null;
  return transaction(db, async (tx) => {
    // Nodes that start together make the same ones, and "if not exists" does not see what another transaction has not committed yet.
    await tx.query("select pg_advisory_xact_lock($1)", [makingLock]);
    // Queues behind nobody for long: an insert waits for this lock in turn.
    await tx.query("set local lock_timeout = '2s'");
    await tx.query(
      `create table if not exists punctual.${partition.name} partition of punctual.${table} for values from ('${partition.from}') to ('${partition.to}')`,
    );
    return partition.name;
  });
}
