import pg from "pg";
import type { Queryable } from "./database.ts";

/** How many rows each of Punctual's tables holds. */
export type TableCounts = Map<string, number>;

const tablesSql = `
select c.relname as name from pg_class c
where c.relnamespace = 'punctual'::regnamespace and c.relkind = 'r' order by c.relname`;

/** Counts every table there is, partitions one by one; in a transaction that repeats its reads, as they were at one moment. */
export async function countTables(db: Queryable): Promise<TableCounts> {
  const { rows: tables } = await db.query<{ name: string }>(tablesSql);
  const counts: TableCounts = new Map();
  for (const { name } of tables) {
    // A name cannot be bound; this one comes from the catalogue and is quoted.
    const { rows } = await db.query<{ count: string }>(`select count(*) as count from punctual.${pg.escapeIdentifier(name)}`);
    counts.set(name, Number(rows[0]?.count));
  }
  return counts;
}

/** Whether there is anything of Punctual in the database, and how many nodes work on it now. */
export async function readInhabitants(db: Queryable): Promise<{ hasSchema: boolean; nodes: number }> {
  const { rows } = await db.query<{ there: boolean }>("select to_regclass('punctual.nodes') is not null as there");
  if (rows[0]?.there !== true) return { hasSchema: false, nodes: 0 };
  const { rows: live } = await db.query<{ nodes: number }>(
    "select count(*)::int as nodes from punctual.nodes where lease_until > punctual.clock()",
  );
  return { hasSchema: true, nodes: live[0]?.nodes ?? 0 };
}

/** Keeps what is there under another name while a backup is restored in its place. */
export async function setAside(db: Queryable): Promise<void> {
  await db.query("alter schema punctual rename to punctual_set_aside");
}

/** Takes what was set aside back, in the place of whatever was restored. */
export async function takeBack(db: Queryable): Promise<void> {
  await db.query("begin; drop schema if exists punctual cascade; alter schema punctual_set_aside rename to punctual; commit");
}

export async function dropSetAside(db: Queryable): Promise<void> {
  await db.query("drop schema if exists punctual_set_aside cascade");
}

export async function createScratch(db: Queryable, name: string): Promise<void> {
  await db.query(`create database ${pg.escapeIdentifier(name)}`);
}

export async function dropScratch(db: Queryable, name: string): Promise<void> {
  await db.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
}

/** Does the work in a transaction that repeats its reads, and whose snapshot others may share under the name given. */
export async function inSnapshot<T>(db: Queryable, work: (snapshot: string) => Promise<T>): Promise<T> {
  await db.query("begin isolation level repeatable read read only");
  const { rows } = await db.query<{ snapshot: string }>("select pg_export_snapshot() as snapshot");
  const result = await work(rows[0]?.snapshot ?? "");
  await db.query("commit");
  return result;
}

/** Does the work on a connection of its own, without the deadlines of a pool: a backup takes as long as it takes. */
export async function withConnection<T>(databaseUrl: string, work: (db: Queryable) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: "punctual backup", connectionTimeoutMillis: 10_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
