import { PunctualError } from "@punctual/contract";
import pg from "pg";

/** Anything a statement can be sent to: a pool, or a client inside a transaction. */
export type Queryable = Pick<pg.ClientBase, "query">;
export type Database = pg.Pool;

export type DatabaseOptions = {
  url: string;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  maxConnections: number;
  /** The server ends a statement after this; the client gives up waiting a second later, should the connection be dead. */
  statementTimeoutMs: number;
  connectTimeoutMs: number;
  /** Planner settings of the engine's connections: the statistics of its hot tables lie (rows come and go faster than ANALYZE), so plans that pay off only for a quiet table are forbidden. */
  indexPlansOnly?: boolean;
};

/**
 * A pool whose every wait ends: connecting, waiting for a connection, and each statement have deadlines, on the server and on the client. A client that
 * hangs is worse than one that fails.
 *
 * A connection on which a statement failed is thrown away, not given back: it may lead to a primary that has become a standby (SQLSTATE 25006).
 */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.maxConnections,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    query_timeout: options.statementTimeoutMs + 1_000,
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
    // Before its first use. In a pooler's transaction mode the settings land on some connection or other, which costs plans, not correctness.
    // oxlint-disable-next-line typescript/no-misused-promises -- the pool awaits the promise; its types do not say so yet.
    onConnect: async (client) => {
      client.on("error", () => {});
      await client.query(options.indexPlansOnly ? `${calm}; ${indexPlansOnly}` : calm);
    },
  });
  // Without a listener the loss of an idle connection would end the process.
  pool.on("error", () => {});
  return pool;
}

/** Compiling a statement costs more than any of ours takes. */
const calm = "set jit = off";
const indexPlansOnly = "set enable_hashjoin = off; set enable_mergejoin = off; set enable_seqscan = off";

/**
 * One transaction. Commits what `work` did, or rolls back and rethrows. A connection whose state is unknown is destroyed rather than reused.
 */
export async function transaction<T>(db: Database, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const client = await db.connect();
  let broken: Error | undefined;
  try {
    await client.query("begin");
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    if (isReadOnly(error)) broken = error as Error;
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The same for what a command was given: the open transaction of its request when there is one, else one of its own. */
export function withinTransaction<T>(db: Queryable, work: (tx: Queryable) => Promise<T>): Promise<T> {
  return db instanceof pg.Pool ? transaction(db, work) : work(db);
}

/** SQLSTATE of an error from PostgreSQL, or null when it came from elsewhere (a socket, a deadline). */
export function sqlState(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

/** 25006: read_only_sql_transaction, the server became a standby. */
export function isReadOnly(error: unknown): boolean {
  return sqlState(error) === "25006";
}

/** 23505: unique_violation. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  return sqlState(error) === "23505" && (error as { constraint?: string }).constraint === constraint;
}

const connectionCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
]);

/**
 * Whether the database is away or overloaded, rather than the statement wrong: class 08 (connection), 53 (resources), 57P0x (shutdown), 57014 (statement
 * timeout), 25006 (standby), 40001 and 40P01 (retry), and errors of the socket or of our own deadlines.
 */
export function isUnavailable(error: unknown): boolean {
  const state = sqlState(error);
  if (state) return /^(08|53|57P0)/.test(state) || ["57014", "25006", "40001", "40P01", "55P03"].includes(state);
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === "string" && connectionCodes.has(code)) return true;
  return (
    typeof message === "string" &&
    /timeout|terminated|not queryable|closed|Connection ended/i.test(message) &&
    error instanceof Error &&
    !(error instanceof PunctualError)
  );
}
