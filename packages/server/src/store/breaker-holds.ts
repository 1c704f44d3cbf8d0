import { heldOriginsSql, letOutSql, parkSql } from "./breaker-statements.ts";
import type { Queryable } from "./database.ts";

/** A tenant's origin. The 32 bits of an origin's key alone could be another tenant's. */
export type OriginOf = { tenantId: number; origin: number };

/** A released run that nobody begins, or one that was parked behind its breaker's back, is looked at again after this. */
export const heldForMs = 600_000;

/** See parkSql. @returns how many were parked */
export async function parkReady(db: Queryable, shards: readonly number[], origins: readonly OriginOf[], perShard: number): Promise<number> {
  const values = [shards, origins.map((each) => each.tenantId), origins.map((each) => each.origin), perShard, heldForMs];
  const { rowCount } = await db.query({ name: "park", text: parkSql, values });
  return rowCount ?? 0;
}

/** See letOutSql. @returns how many of each origin were let out, in the order of `wanted` */
export async function releaseHeld(
  db: Queryable,
  shards: readonly number[],
  wanted: readonly (OriginOf & { runs: number })[],
  fromPausedQueues: boolean,
): Promise<number[]> {
  // A shard holds its share and some: the newest of all are found almost exactly, without reading all that each shard has.
  const perShard = wanted.map(({ runs }) => Math.min(runs, Math.ceil((2 * runs) / shards.length) + 3));
  const { rows } = await db.query<{ tenant_id: number; origin: number }>({
    name: "release",
    text: letOutSql,
    values: [
      shards,
      wanted.map((each) => each.tenantId),
      wanted.map((each) => each.origin),
      wanted.map((each) => each.runs),
      perShard,
      fromPausedQueues,
    ],
  });
  return wanted.map((each) => rows.filter((row) => row.tenant_id === each.tenantId && row.origin === each.origin).length);
}

/** See heldOriginsSql. */
export async function originsHeld<T extends OriginOf>(db: Queryable, shards: readonly number[], origins: readonly T[]): Promise<T[]> {
  if (origins.length === 0 || shards.length === 0) return [];
  const values = [shards, origins.map((each) => each.tenantId), origins.map((each) => each.origin)];
  const { rows } = await db.query<{ tenant_id: number; origin: number }>({ name: "held_origins", text: heldOriginsSql, values });
  return origins.filter((each) => rows.some((row) => row.tenant_id === each.tenantId && row.origin === each.origin));
}
