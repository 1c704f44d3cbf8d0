import type { Queryable } from "./database.ts";

/** An answer that was given and is to be given again. `body` is JSON text; null for an answer without one. */
export type StoredAnswer = { fingerprint: Buffer; status: number; body: string | null; revision: number | null };

/** How long an answer is kept. */
export const idempotencyHours = 24;

// Keeps these locks apart from other advisory locks of the database, as far as 64 bits can.
const lockSeed = 2_718_281;

/**
 * Takes the right to carry out the request with this key, until the transaction ends. Does not wait: false means that another request has it now.
 * Two keys share a lock with a chance of 1 in 2^64; the loser is told to try again, which is harmless.
 */
export async function tryLockIdempotencyKey(tx: Queryable, tenantId: number, key: string): Promise<boolean> {
  const { rows } = await tx.query<{ locked: boolean }>("select pg_try_advisory_xact_lock(hashtextextended($1, $2)) as locked", [
    `${tenantId}/${key}`,
    lockSeed,
  ]);
  return rows[0]?.locked ?? false;
}

/** The answer stored under this key, unless it has expired. Ask after the lock: a snapshot taken before it would miss what the last holder stored. */
export async function findStoredAnswer(tx: Queryable, tenantId: number, key: string): Promise<StoredAnswer | null> {
  const { rows } = await tx.query<StoredAnswer>(
    "select fingerprint, status, body, revision from punctual.idempotency where tenant_id = $1 and key = $2 and expires_at > punctual.clock()",
    [tenantId, key],
  );
  return rows[0] ?? null;
}

/** Stores an answer for 24 hours, in place of an expired one. */
export async function storeAnswer(tx: Queryable, tenantId: number, key: string, answer: StoredAnswer): Promise<void> {
  await tx.query(
    `insert into punctual.idempotency (tenant_id, key, fingerprint, status, body, revision, expires_at)
     values ($1, $2, $3, $4, $5, $6, punctual.clock() + $7 * interval '1 hour')
     on conflict (tenant_id, key) do update set fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body,
       revision = excluded.revision, expires_at = excluded.expires_at`,
    [tenantId, key, answer.fingerprint, answer.status, answer.body, answer.revision, idempotencyHours],
  );
}

/** Does `work` so that the transaction survives its failure with nothing of it done. */
export async function insideSavepoint<T>(tx: Queryable, work: () => Promise<T>): Promise<T> {
  await tx.query("savepoint request");
  try {
    return await work();
  } catch (error) {
    await tx.query("rollback to savepoint request");
    throw error;
  }
}

/** Forgets the answers whose time is over. @returns how many */
export async function purgeExpiredAnswers(db: Queryable): Promise<number> {
  const { rowCount } = await db.query("delete from punctual.idempotency where expires_at <= punctual.clock()");
  return rowCount ?? 0;
}
