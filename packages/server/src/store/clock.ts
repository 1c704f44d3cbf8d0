import type { Queryable } from "./database.ts";

/** The database's time in epoch ms: the only clock that decides what is due. */
export async function readClock(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ now: number }>("select punctual.ms(punctual.clock()) as now");
  return rows[0]?.now ?? Number.NaN;
}
