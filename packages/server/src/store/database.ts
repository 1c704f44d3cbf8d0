import { PunctualError } from "@punctual/contract";
import pg from "pg";
import { type ConnectionOptions, type Connector, createConnector } from "./connection.ts";
import { readOnlyError, takesWrites } from "./primary.ts";

/** Anything a statement can be sent to: a pool, or a client inside a transaction. */
export type Queryable = Pick<pg.ClientBase, "query">;
export type Database = pg.Pool;

export type DatabaseOptions = ConnectionOptions & {
  maxConnections: number;
  /** So many stay open once opened: with the server's `max_connections` used up by others, a closed one might not be had again. Default 0. */
  minConnections?: number;
  /** Planner settings of the engine's connections: the statistics of its hot tables lie (rows come and go faster than ANALYZE), so plans that pay off only for a quiet table are forbidden, and a plan that was made is kept. */
  indexPlansOnly?: boolean;
};

/**
 * Loops that look once a second or rarer meet by chance, so that now and then one more connection is wanted than a moment before. Closed after the ten seconds that are
 * the pool's default, it would be opened again a few times a minute, each time a process of the server that has every statement to plan anew.
 */
const idleTimeoutMs = 300_000;
/** A server that was replaced without a word, behind a name that stayed the same, is left after this. */
const maxAgeSeconds = 1_800;

/**
 * A pool whose every wait ends: connecting, waiting for a connection, and each statement have deadlines, on the server and on the client. A client that
 * hangs is worse than one that fails.
 *
 * A connection on which a statement failed is thrown away, not given back: it may lead to a primary that has become a standby (SQLSTATE 25006). When that is
 * so, or when no answer came at all, the idle ones go with it: they lead to the same place, and each would cost somebody the same wait. A new connection to a
 * server that takes no writes is refused.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const connector = createConnector(options);
  const idle = new Set<pg.ClientBase>();
  const pool = new pg.Pool({
    Client: clientClass(connector),
    max: options.maxConnections,
    min: options.minConnections ?? 0,
    idleTimeoutMillis: idleTimeoutMs,
    maxLifetimeSeconds: maxAgeSeconds,
    connectionTimeoutMillis: options.connectTimeoutMs,
    // oxlint-disable-next-line typescript/no-misused-promises -- the pool awaits the promise; its types do not say so yet.
    onConnect: async (client) => {
      if (!options.pooled) await client.query(options.indexPlansOnly ? `${calm}; ${indexPlansOnly}` : calm);
      if (await takesWrites(client)) return;
      connector.doubt();
      throw readOnlyError("the server is read-only: a standby, or default_transaction_read_only is on");
    },
  });
  pool.on("acquire", (client) => void idle.delete(client));
  pool.on("release", (error: Error | undefined, client) => {
    if (!error) return void idle.add(client);
    if (!isUnavailable(error)) return;
    connector.doubt();
    if (isReadOnly(error) || sqlState(error) === null) connector.cut(idle);
  });
  pool.on("remove", (client) => void idle.delete(client));
  // Without a listener the loss of an idle connection would end the process.
  pool.on("error", () => connector.doubt());
  return pool;
}

/** Calls `heard` whenever the database has answered, whatever was asked. */
export function onAnswer(db: Database, heard: () => void): void {
  db.on("release", (error: Error | undefined) => {
    if (!error) heard();
  });
}

/** What the pool makes its clients with: it says `new` to it, and takes what it returns. */
function clientClass(connector: Connector): new () => pg.ClientBase {
  return function PooledClient() {
    return connector.make();
  } as unknown as new () => pg.ClientBase;
}

/** Compiling a statement costs more than any of ours takes. */
const calm = "set jit = off";
/**
 * Also without bitmaps, which know no order: to claim a hundred runs of a queue, all that wait in it would be read and sorted. And each statement is planned once: where a list is
 * among its values, PostgreSQL finds a plan for all lists too dear by its estimate and plans anew each time, 1.5 ms for a claim that takes 2.
 */
const indexPlansOnly = [
  ...["hashjoin", "mergejoin", "seqscan", "bitmapscan"].map((way) => `set enable_${way} = off`),
  "set plan_cache_mode = force_generic_plan",
].join("; ");

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
    // Whoever did not answer would not answer a rollback either: that would be a second wait for the same dead connection.
    if (isReadOnly(error) || (isUnavailable(error) && sqlState(error) === null)) broken = error as Error;
    else
      await client.query("rollback").catch((rollbackError: Error) => {
        broken = rollbackError;
      });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The same for what a command was given: the open transaction of its request when there is one, else one of its own. */
export function withinTransaction<T>(db: Queryable, work: (tx: Queryable) => Promise<T>): Promise<T> {
  return isInTransaction(db) ? work(db) : transaction(db, work);
}

/** Whether a failure would undo what others have done: anything but a pool is an open transaction. */
export function isInTransaction(db: Queryable): db is Exclude<Queryable, Database> {
  return !(db instanceof pg.Pool);
}

/** For those who share a transaction and know nothing of each other: a connection takes one statement at a time. */
export function inTurn(tx: Queryable): Queryable {
  let last: Promise<unknown> = Promise.resolve();
  const query = (...args: [string]): Promise<unknown> => {
    const answer = last.then(() => tx.query(...args));
    last = answer.catch(() => undefined);
    return answer;
  };
  return { query: query as Queryable["query"] };
}

/** SQLSTATE of an error from PostgreSQL, or null when it came from elsewhere (a socket, a deadline). */
export function sqlState(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  // No class of SQLSTATE begins with E, and EPIPE has five letters, too.
  return typeof code === "string" && /^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code) ? code : null;
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
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ECONNABORTED",
  "EADDRNOTAVAIL",
  "EMFILE",
  "ENOENT",
]);

/**
 * Whether the database is away or overloaded, rather than the statement wrong: class 08 (connection), 53 (resources), 57P0x (shutdown), 57014 (statement
 * timeout), 25006 (standby), 25P03 and 25P04 (a transaction that stood still, as when this process was stopped), 40001 and 40P01 (retry), 55P03 (a lock not had in
 * time), and errors of the socket or of our own deadlines.
 */
export function isUnavailable(error: unknown): boolean {
  const state = sqlState(error);
  if (state) return /^(08|53|57P0)/.test(state) || ["57014", "25006", "25P03", "25P04", "40001", "40P01", "55P03"].includes(state);
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === "string" && connectionCodes.has(code)) return true;
  return (
    typeof message === "string" &&
    /timeout|terminated|not queryable|closed|Connection ended|SSL connection/i.test(message) &&
    error instanceof Error &&
    !(error instanceof PunctualError)
  );
}
