import type { Database } from "../../../packages/server/src/store/database.ts";

/** One of the statements that took the most time, as PostgreSQL counted it. */
export type StatementUse = { statement: string; calls: number; ms: number; rows: number; walBytes: number };

/** `ms` is the time of all statements, those that are not told of included. */
export type StatementsUse = { ms: number; top: StatementUse[] };

const topMost = 12;

/** $1 how many. Planning counts: a statement that is planned anew each time costs that. */
const topSql = `
select query, calls::float8, total_exec_time + total_plan_time as ms, rows::float8, wal_bytes::float8 as wal, sum(total_exec_time + total_plan_time) over () as all_ms
from pg_stat_statements s
where s.dbid = (select oid from pg_database where datname = current_database()) and query !~ 'pg_stat_|pg_current_wal_lsn'
order by ms desc limit $1`;

type Row = { query: string; calls: number; ms: number; rows: number; wal: number; all_ms: number };

/** Settings of a server that counts its statements. */
export const countingSettings = { shared_preload_libraries: "pg_stat_statements", "pg_stat_statements.track_planning": "on" };

/** @throws Error with a sentence when the server does not count */
export async function prepareCounting(db: Database): Promise<void> {
  try {
    await db.query("create extension if not exists pg_stat_statements");
    await db.query("select pg_stat_statements_reset()");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`--profile needs pg_stat_statements in the server's shared_preload_libraries, and the right to create it: ${why}`);
  }
}

export async function resetCounting(db: Database): Promise<void> {
  await db.query("select pg_stat_statements_reset()");
}

export async function readStatements(db: Database): Promise<StatementsUse> {
  const { rows } = await db.query<Row>(topSql, [topMost]);
  const top = rows.map(({ query, calls, ms, rows: written, wal }) => ({
    statement: labelOf(query),
    calls,
    ms,
    rows: written,
    walBytes: wal,
  }));
  return { ms: rows[0]?.all_ms ?? 0, top };
}

/** What a statement does to which tables: its text is too long for a table, and its beginning says little. */
export function labelOf(query: string): string {
  const text = query.replaceAll(/--.*$/gm, " ").replaceAll(/\s+/g, " ").trim();
  const changes = [...text.matchAll(/\b(insert into|update|delete from) punctual\.(\w+)/gi)].map(
    ([, verb = "", table = ""]) => `${verb.toLowerCase().split(" ")[0]} ${table}`,
  );
  if (changes.length > 0) return [...new Set(changes)].join(", ");
  const read = [...text.matchAll(/\b(?:from|join) punctual\.(\w+)/gi)].map(([, table = ""]) => table);
  return read.length > 0 ? `select ${[...new Set(read)].join(", ")}` : text.slice(0, 60);
}
