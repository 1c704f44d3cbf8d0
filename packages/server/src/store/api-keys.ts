import type { Scope } from "@punctual/contract";
import { hashSecret, newApiKey } from "./api-key-format.ts";
import type { Queryable } from "./database.ts";

/** A key that may be used now. */
export type ApiKey = { keyId: string; tenantId: number; name: string; scopes: Scope[]; secretHash: Buffer };

/**
 * Makes a key for a tenant. Only the answer ever holds it whole; it cannot be read again.
 *
 * @param name what people know it by; need not be unique
 * @returns `pct_<key id>_<secret>`
 */
export async function createApiKey(db: Queryable, tenantId: number, name: string, scopes: readonly Scope[]): Promise<string> {
  const key = newApiKey();
  await db.query("insert into punctual.api_keys (key_id, tenant_id, name, secret_hash, scopes) values ($1, $2, $3, $4, $5)", [
    key.keyId,
    tenantId,
    name,
    hashSecret(key.secret),
    scopes,
  ]);
  return key.text;
}

/** Null for an id that is unknown, revoked or expired. Whether the secret fits is the caller's to check (secretMatches). */
export async function findApiKey(db: Queryable, keyId: string): Promise<ApiKey | null> {
  const { rows } = await db.query<ApiKey>(
    `select key_id as "keyId", tenant_id as "tenantId", name, scopes, secret_hash as "secretHash" from punctual.api_keys
     where key_id = $1 and (revoked_at is null or revoked_at > punctual.clock()) and (expires_at is null or expires_at > punctual.clock())`,
    [keyId],
  );
  return rows[0] ?? null;
}
