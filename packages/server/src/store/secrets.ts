import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import type { Queryable } from "./database.ts";

/** Encrypts and decrypts with the installation's key. `context` (tenant and name) is authenticated, so that a row moved to another tenant does not open. */
export type Cipher = {
  seal(plaintext: string, context: string): Buffer;
  open(ciphertext: Buffer, context: string): string;
  /** A code (HMAC-SHA256) that only this installation can make: what it says of a text, it has said itself. */
  mac(text: string): Buffer;
};

const ivBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM: version byte, 12 random bytes, 16 bytes of tag, ciphertext.
 *
 * @param key 32 bytes
 */
export function createCipher(key: Buffer): Cipher {
  // A key of its own: one key is not to serve two purposes.
  const macKey = createHmac("sha256", key).update("punctual tokens").digest();
  return {
    mac: (text) => createHmac("sha256", macKey).update(text).digest(),
    seal(plaintext, context) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(context));
      const sealed = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
      return Buffer.concat([Buffer.of(1), iv, cipher.getAuthTag(), sealed]);
    },
    open(ciphertext, context) {
      const iv = ciphertext.subarray(1, 1 + ivBytes);
      const tag = ciphertext.subarray(1 + ivBytes, 1 + ivBytes + tagBytes);
      const decipher = createDecipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(context)).setAuthTag(tag);
      return Buffer.concat([decipher.update(ciphertext.subarray(1 + ivBytes + tagBytes)), decipher.final()]).toString("utf8");
    },
  };
}

/** The tenant's default signing secret has this name; a job's own is `job/<job id>`. */
export const tenantSigningSecret = "signing";
export const jobSigningSecret = (jobId: string): string => `job/${jobId}`;

const contextOf = (tenantId: number, name: string): string => `${tenantId}/${name}`;

/** A fresh Standard Webhooks secret: 32 random bytes (the specification asks for 24 to 64). */
export function newSigningSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

/** Stores the first version of a secret, unless there is one: of two that make it at once, one wins. @returns whether `value` was stored */
export async function addSecret(db: Queryable, cipher: Cipher, tenantId: number, name: string, value: string): Promise<boolean> {
  const { rowCount } = await db.query(
    "insert into punctual.secrets (tenant_id, name, version, ciphertext) values ($1, $2, 1, $3) on conflict do nothing",
    [tenantId, name, cipher.seal(value, contextOf(tenantId, name))],
  );
  return rowCount === 1;
}

/** All versions, newest first; empty when there is none. */
export async function readSecret(db: Queryable, cipher: Cipher, tenantId: number, name: string): Promise<string[]> {
  const { rows } = await db.query<{ ciphertext: Buffer }>(
    "select ciphertext from punctual.secrets where tenant_id = $1 and name = $2 order by version desc",
    [tenantId, name],
  );
  return rows.map((row) => cipher.open(row.ciphertext, contextOf(tenantId, name)));
}

/**
 * The same for many at once: tenants in a herd's first second are a thousand.
 *
 * $1 tenants, $2 the name of each. Index: primary key of secrets.
 */
const readSecretsSql = `
select w.place::int as place, s.ciphertext from unnest($1::int[], $2::text[]) with ordinality as w(tenant_id, name, place)
join punctual.secrets s on s.tenant_id = w.tenant_id and s.name = w.name
order by w.place, s.version desc`;

/** A secret's owner and its name. */
export type SecretKey = { tenantId: number; name: string };

/** See readSecretsSql. @returns as of readSecret, in the order of the keys */
export async function readSecrets(db: Queryable, cipher: Cipher, keys: readonly SecretKey[]): Promise<string[][]> {
  const { rows } = await db.query<{ place: number; ciphertext: Buffer }>({
    name: "secrets",
    text: readSecretsSql,
    values: [keys.map((key) => key.tenantId), keys.map((key) => key.name)],
  });
  const found = keys.map((): string[] => []);
  for (const { place, ciphertext } of rows) {
    const key = keys[place - 1];
    if (key) found[place - 1]?.push(cipher.open(ciphertext, contextOf(key.tenantId, key.name)));
  }
  return found;
}

const keyCheckText = "punctual";

/**
 * Whether `cipher` holds the key this installation was set up with; the first caller sets it up.
 */
export async function checkEncryptionKey(db: Queryable, cipher: Cipher): Promise<boolean> {
  await db.query("update punctual.installation set key_check = $1 where key_check is null", [cipher.seal(keyCheckText, "key-check")]);
  const { rows } = await db.query<{ key_check: Buffer }>("select key_check from punctual.installation");
  try {
    return cipher.open(rows[0]?.key_check ?? Buffer.alloc(0), "key-check") === keyCheckText;
  } catch {
    return false;
  }
}

/** Removes all versions; for a job that was not created after all. */
export async function removeSecret(db: Queryable, tenantId: number, name: string): Promise<void> {
  await db.query("delete from punctual.secrets where tenant_id = $1 and name = $2", [tenantId, name]);
}

/**
 * Secrets of jobs that are gone together with all their runs. One younger than a day may belong to a job that is being created.
 *
 * Locks: the rows removed. Index: primary key of jobs, live_runs_job, finished_runs_job; as scalar queries, as NOT EXISTS would be hashed over all history.
 */
const purgeSql = `
with orphans as materialized (
  select s.tenant_id, s.name, o.job_id, o.shard
  from punctual.secrets s
  cross join lateral (select substr(s.name, 5)::uuid as job_id, get_byte(uuid_send(substr(s.name, 5)::uuid), 15)::smallint as shard) o
  where s.name like 'job/%' and s.created_at < punctual.clock() - interval '1 day'
    and not exists (select from punctual.jobs j where j.shard = o.shard and j.job_id = o.job_id))
delete from punctual.secrets s using orphans o
where s.tenant_id = o.tenant_id and s.name = o.name
  and (select l.run_id from punctual.live_runs l where l.shard = o.shard and l.job_id = o.job_id limit 1) is null
  and (select f.run_id from punctual.finished_runs f where f.shard = o.shard and f.job_id = o.job_id limit 1) is null`;

/** See purgeSql. @returns how many were removed */
export async function purgeSecrets(db: Queryable): Promise<number> {
  return (await db.query({ name: "purge_secrets", text: purgeSql })).rowCount ?? 0;
}
