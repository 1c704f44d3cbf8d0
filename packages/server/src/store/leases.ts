import type { Queryable } from "./database.ts";

/**
 * Takes or keeps a duty for a while. The duties are harmless when two nodes do one at once, so that a lease by time is enough.
 *
 * @returns whether this node has it now
 */
export async function holdDuty(db: Queryable, duty: string, nodeId: number, ttlMs: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into punctual.leases as l (duty, holder, lease_until) values ($1, $2, punctual.clock() + $3 * interval '1 millisecond')
     on conflict (duty) do update set holder = excluded.holder, lease_until = excluded.lease_until
     where l.holder = excluded.holder or l.lease_until <= punctual.clock()`,
    [duty, nodeId, ttlMs],
  );
  return rowCount === 1;
}
