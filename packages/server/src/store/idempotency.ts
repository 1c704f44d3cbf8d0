import type { Queryable } from "./database.ts";

/** An answer that was given and is to be given again. `body` is JSON text; null for an answer without one. */
export type StoredAnswer = { fingerprint: Buffer; status: number; body: string | null; revision: number | null };

/** How long an answer is kept. */
export const idempotencyHours = 24;

// Keeps these locks apart from other advisory locks of the database, as far as 64 bits can.
const lockSeed = 2_718_281;

/**
 * Takes the right to carry out the requests with these keys, until the transaction ends. Does not wait: false means that another request has it now, which may be one that named the
 * same key before it in the list.
 * Two keys share a lock with a chance of 1 in 2^64; the loser is told to try again, which is harmless.
 */
export async function tryLockIdempotencyKeys(tx: Queryable, tenantId: number, keys: readonly string[]): Promise<boolean[]> {
  const { rows } = await tx.query<{ locked: boolean }>({
    name: "lock_idempotency_keys",
    text: `select pg_try_advisory_xact_lock(hashtextextended(key, $2)) as locked from unnest($1::text[]) with ordinality as k(key, place) order by place`,
    values: [keys.map((key) => `${tenantId}/${key}`), lockSeed],
  });
  // A transaction may lock a key as often as it likes.
  return keys.map((key, place) => rows[place]?.locked === true && keys.indexOf(key) === place);
}

/** The answers stored under these keys, unless they have expired. Ask after the lock: a snapshot taken before it would miss what the last holder stored. */
export async function findStoredAnswers(tx: Queryable, tenantId: number, keys: readonly string[]): Promise<Map<string, StoredAnswer>> {
  const { rows } = await tx.query<StoredAnswer & { key: string }>({
    name: "find_stored_answers",
    text: `select key, fingerprint, status, body, revision from punctual.idempotency
           where tenant_id = $1 and key = any($2::text[]) and expires_at > punctual.clock()`,
    values: [tenantId, keys],
  });
  return new Map(rows.map(({ key, ...answer }) => [key, answer]));
}

/** Stores answers for 24 hours, in place of expired ones. */
export async function storeAnswers(tx: Queryable, tenantId: number, answers: readonly (StoredAnswer & { key: string })[]): Promise<void> {
  const input = answers.map(({ key, fingerprint, status, body, revision }) => [key, fingerprint.toString("hex"), status, body, revision]);
  await tx.query({
    name: "store_answers",
    text: `insert into punctual.idempotency (tenant_id, key, fingerprint, status, body, revision, expires_at)
           select $1::int, v->>0, decode(v->>1, 'hex'), (v->>2)::int, v->>3, (v->>4)::int, punctual.clock() + $3 * interval '1 hour'
           from jsonb_array_elements($2::jsonb) v
           on conflict (tenant_id, key) do update set fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body,
             revision = excluded.revision, expires_at = excluded.expires_at`,
    values: [tenantId, JSON.stringify(input), idempotencyHours],
  });
}

/** What is done from here on can be undone while the transaction goes on. */
export async function setSavepoint(tx: Queryable): Promise<void> {
  await tx.query("savepoint request");
}

export async function rollBackToSavepoint(tx: Queryable): Promise<void> {
  await tx.query("rollback to savepoint request");
}

/** Forgets the answers whose time is over, but for those that are being replaced: it waits for nobody who waits for it. @returns how many */
export async function purgeExpiredAnswers(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(
    `delete from punctual.idempotency i using
       (select tenant_id, key from punctual.idempotency where expires_at <= punctual.clock() for update skip locked) expired
     where i.tenant_id = expired.tenant_id and i.key = expired.key`,
  );
  return rowCount ?? 0;
}
