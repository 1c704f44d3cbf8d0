import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { PunctualError } from "@punctual/contract";
import type pg from "pg";
import { createConnector } from "./connection.ts";

/**
 * Sorted by version. `checksum` is the SHA-256 of the file: an applied migration must never be edited. `worksFrom` is the newest migration that a node must
 * at least know to go on working after this one; null when the file does not say, and then it must know this one.
 */
export type Migration = { version: number; name: string; sql: string; checksum: string; worksFrom: number | null };

const folder = new URL("../../src/store/migrations/", import.meta.url);
const oldestServer = 150_000;
/** Any constant that nobody else uses on this database. */
const lockKey = 7_306_914_552;
const lockPollMs = 100;
/** Stands in a file's comments. */
const worksWith = /^-- Works with nodes that know migration (\d+)\b/m;

/** The migrations this version ships with. */
export async function shippedMigrations(): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => /^\d{4}_.+\.sql$/.test(file)).sort();
  return Promise.all(
    files.map(async (file) => {
      const sql = await readFile(new URL(file, folder), "utf8");
      const known = worksWith.exec(sql)?.[1];
      return {
        version: Number(file.slice(0, 4)),
        name: file.slice(5, -4),
        sql,
        checksum: createHash("sha256").update(sql).digest("hex"),
        worksFrom: known === undefined ? null : Number(known),
      };
    }),
  );
}

/** The newest migration that this version knows, by its number. */
export function newestMigration(): number {
  return Math.max(...readdirSync(folder).map((file) => Number(/^(\d{4})_.+\.sql$/.exec(file)?.[1] ?? 0)));
}

/**
 * Brings the database to this version's schema, one transaction a file. Several nodes may call it at once: one works, the others wait.
 *
 * They wait by polling a session lock. Waiting inside pg_advisory_lock would hold a snapshot open, and a migration that builds an index concurrently waits
 * for all snapshots: a deadlock, seen with three waiters.
 *
 * @param migrations of another version than this one
 * @returns names of the files applied by this call
 * @throws PunctualError database_too_old, schema_newer, migration_changed, nodes_too_old
 */
export async function migrate(databaseUrl: string, migrations?: readonly Migration[]): Promise<{ applied: string[] }> {
  const shipped = migrations ?? (await shippedMigrations());
  const options = { url: databaseUrl, applicationName: "punctual migrate", connectTimeoutMs: 10_000, statementTimeoutMs: null };
  const client = createConnector(options).make();
  await client.connect();
  try {
    await checkServer(client);
    while (!(await tryLock(client))) await sleep(lockPollMs);
    return { applied: await applyPending(client, shipped) };
  } finally {
    // Ends the session, and with it the lock.
    await client.end().catch(() => {});
  }
}

/**
 * Whether the database is ready for this version, without changing it. It may be ahead, by migrations that say that they work with this version.
 *
 * @throws PunctualError database_too_old, schema_missing, schema_newer, migration_changed
 */
export async function checkSchema(db: { query: pg.ClientBase["query"] }): Promise<void> {
  await checkServer(db);
  const pending = await pendingMigrations(db, await shippedMigrations());
  if (pending.length > 0)
    throw new PunctualError("schema_missing", `The database lacks ${pending.map((migration) => migration.name).join(", ")}.`);
}

async function checkServer(db: { query: pg.ClientBase["query"] }): Promise<void> {
  const { rows } = await db.query<{ number: number; text: string }>(
    "select current_setting('server_version_num')::int as number, current_setting('server_version') as text",
  );
  const server = rows[0];
  if (!server || server.number < oldestServer) {
    throw new PunctualError("database_too_old", `The server is PostgreSQL ${server?.text}; Punctual needs 15 or newer.`);
  }
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>("select pg_try_advisory_lock($1) as locked", [lockKey]);
  return rows[0]?.locked ?? false;
}

async function applyPending(client: pg.Client, shipped: readonly Migration[]): Promise<string[]> {
  await client.query("create schema if not exists punctual");
  await client.query(
    `create table if not exists punctual.migrations
     (version int primary key, name text not null, checksum text not null, applied_at timestamptz not null default now(), duration_ms int not null);
     alter table punctual.migrations add column if not exists works_from int`,
  );
  const applied: string[] = [];
  for (const migration of await pendingMigrations(client, shipped)) {
    await refuseWhileOlderRun(client, migration);
    await applyOne(client, migration);
    applied.push(migration.name);
  }
  return applied;
}

async function applyOne(client: pg.Client, migration: Migration): Promise<void> {
  const started = process.hrtime.bigint();
  await client.query("begin");
  try {
    // A statement that queues for a table lock makes everybody queue behind it: better to fail and be called again.
    await client.query("set local lock_timeout = '5s'");
    await client.query(migration.sql);
    const durationMs = Number((process.hrtime.bigint() - started) / 1_000_000n);
    await client.query("insert into punctual.migrations (version, name, checksum, duration_ms, works_from) values ($1, $2, $3, $4, $5)", [
      migration.version,
      migration.name,
      migration.checksum,
      durationMs,
      migration.worksFrom,
    ]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

/** A migration that takes away what older nodes use waits until they are gone. One that starts meanwhile is refused by `checkSchema`, or finds out. */
async function refuseWhileOlderRun(client: pg.Client, { version, name, worksFrom }: Migration): Promise<void> {
  const { rows: column } = await client.query<{ present: boolean }>(
    "select exists (select from pg_attribute where attrelid = to_regclass('punctual.nodes') and attname = 'knows_migration') as present",
  );
  if (worksFrom === null || !column[0]?.present) return;
  const { rows } = await client.query<{ name: string; version: string }>(
    `select distinct name, version from punctual.nodes
     where lease_until > punctual.clock() and buried_at is null and coalesce(knows_migration, 0) < $1 order by 1, 2`,
    [worksFrom],
  );
  if (rows.length === 0) return;
  const names = rows.map((node) => `${node.name} (${node.version})`).join(", ");
  throw new PunctualError("nodes_too_old", `Migration ${version} (${name}) takes away what these nodes still use: ${names}.`);
}

async function pendingMigrations(db: { query: pg.ClientBase["query"] }, shipped: readonly Migration[]): Promise<Migration[]> {
  const { rows: table } = await db.query<{ present: boolean }>("select to_regclass('punctual.migrations') is not null as present");
  if (!table[0]?.present) return [...shipped];
  // By way of jsonb, because a database that only older versions have seen lacks the column.
  const { rows } = await db.query<{ version: number; name: string; checksum: string; works_from: number | null }>(
    "select version, name, checksum, (to_jsonb(m)->>'works_from')::int as works_from from punctual.migrations m order by version",
  );
  const newest = shipped.at(-1)?.version ?? 0;
  for (const row of rows) {
    const known = shipped.find((migration) => migration.version === row.version);
    if (!known && (row.works_from ?? row.version) > newest)
      throw new PunctualError("schema_newer", `The database has migration ${row.version} (${row.name}); this version knows ${newest}.`);
    if (known && known.checksum !== row.checksum)
      throw new PunctualError("migration_changed", `Migration ${row.version} (${row.name}) differs from the one applied.`);
  }
  const done = new Set(rows.map((row) => row.version));
  return shipped.filter((migration) => !done.has(migration.version));
}
