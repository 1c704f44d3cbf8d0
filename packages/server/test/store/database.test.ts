import { createTestDatabase, eventually, type TestDatabase } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type Database,
  type DatabaseOptions,
  isReadOnly,
  isUnavailable,
  openDatabase,
  sqlState,
  transaction,
} from "../../src/store/database.ts";
import { openListener } from "../../src/store/listener.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../engine/database-proxy.ts";

const deadlineMs = 600;
let database: TestDatabase;
let proxy: DatabaseProxy;
let pools: Database[];

beforeEach(async () => {
  pools = [];
  database = await createTestDatabase();
  proxy = await startDatabaseProxy(database.url);
});
afterEach(async () => {
  for (const pool of pools) if (!pool.ended) await pool.end();
  await proxy.stop();
  await database.drop();
});

const open = (change: Partial<DatabaseOptions> = {}): Database => {
  const pool = openDatabase({
    ...{
      url: proxy.url,
      applicationName: "database test",
      maxConnections: 3,
      connectTimeoutMs: deadlineMs,
      statementTimeoutMs: deadlineMs,
    },
    ...change,
  });
  pools.push(pool);
  return pool;
};
/** The error of `work`, and how long it took to come. */
const failing = async (work: Promise<unknown>): Promise<{ error: unknown; tookMs: number }> => {
  const startedMs = performance.now();
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return { error, tookMs: performance.now() - startedMs };
};
/** Opens so many connections and leaves them idle. */
const warm = async (pool: Database, count: number): Promise<void> => {
  const clients = await Promise.all(Array.from({ length: count }, () => pool.connect()));
  for (const client of clients) client.release();
};
/** One wait is over before a second one would be: the client waits a quarter longer than the server works. */
const oneWaitMs = 2.2 * deadlineMs;

describe("a database that has gone silent", () => {
  test("costs one deadline: the statement fails, its connection and the idle ones are closed, and the next statement works", async () => {
    const pool = open();
    await warm(pool, 3);
    proxy.silence();
    const { error, tookMs } = await failing(pool.query("select 1"));
    expect(isUnavailable(error)).toBe(true);
    expect(tookMs).toBeLessThan(oneWaitMs);
    await eventually(() => proxy.open() === 0 && pool.totalCount === 0);
    proxy.heal();
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  test("costs a transaction one deadline, not one more for its rollback", async () => {
    const pool = open();
    const { error, tookMs } = await failing(
      transaction(pool, async (tx) => {
        proxy.silence();
        await tx.query("select 1");
      }),
    );
    expect(isUnavailable(error)).toBe(true);
    expect(tookMs).toBeLessThan(oneWaitMs);
    await eventually(() => proxy.open() === 0);
  });

  test("ends connecting in time", async () => {
    proxy.silence();
    const { error, tookMs } = await failing(open().query("select 1"));
    expect(isUnavailable(error)).toBe(true);
    expect(tookMs).toBeLessThan(oneWaitMs);
    await eventually(() => proxy.open() === 0);
  });

  test("keeps neither a pool nor a listener from ending", async () => {
    const pool = open();
    await warm(pool, 2);
    const listener = await openListener(proxy.url, { message: () => {}, lost: () => {} });
    let left = 2;
    pool.on("remove", () => left--);
    proxy.silence();
    await Promise.all([pool.end(), listener.close()]);
    await eventually(() => left === 0);
    expect(pool.ended).toBe(true);
  });
});

describe("a pool", () => {
  test("whose connections are all taken lets nobody wait longer than its deadline", async () => {
    const pool = open({ maxConnections: 1 });
    const client = await pool.connect();
    const { error, tookMs } = await failing(pool.query("select 1"));
    expect(isUnavailable(error)).toBe(true);
    expect(tookMs).toBeLessThan(oneWaitMs);
    client.release();
    expect((await pool.query("select 1 as one")).rows).toHaveLength(1);
  });

  test("does not use a connection again on which a statement took too long", async () => {
    const pool = open({ maxConnections: 1 });
    const pidOf = async (): Promise<unknown> => (await pool.query("select pg_backend_pid() as pid")).rows[0]?.pid;
    const before = await pidOf();
    const { error } = await failing(pool.query("select pg_sleep(10)"));
    expect([sqlState(error), isUnavailable(error)]).toEqual(["57014", true]);
    expect(await pidOf()).not.toBe(before);
  });

  test("keeps what it was told to keep open, so that others cannot take the last connections of the server", async () => {
    const pool = open({ maxConnections: 3, minConnections: 2 });
    pool.options.idleTimeoutMillis = 1;
    await warm(pool, 3);
    await eventually(() => pool.totalCount < 3);
    await pool.query("select 1");
    expect(pool.totalCount).toBe(2);
  });
});

describe("a server that has become read-only", () => {
  const makeReadOnly = (on: boolean) =>
    database.pool.query(
      `do $$ begin execute format('alter database %I set default_transaction_read_only = ${on ? "on" : "off"}', current_database()); end $$`,
    );

  test("gets no new connections, until it takes writes again", async () => {
    const pool = open();
    await makeReadOnly(true);
    const { error } = await failing(pool.query("select 1"));
    expect([isReadOnly(error), isUnavailable(error)]).toEqual([true, true]);
    await database.pool.query("set default_transaction_read_only = off");
    await makeReadOnly(false);
    expect((await pool.query("select 1 as one")).rows).toHaveLength(1);
  });

  test("loses all connections at the first write that it refuses, those that only read included", async () => {
    const pool = open();
    await warm(pool, 3);
    const { error } = await failing(pool.query("begin read only; create table t ()"));
    expect(isReadOnly(error)).toBe(true);
    await eventually(() => pool.totalCount === 0);
  });
});

describe("an error", () => {
  test("is told to be the database's trouble or the statement's", () => {
    const trouble = ["EPIPE", "ECONNRESET", "53300", "57P01", "57P03", "57014", "25006", "25P03"];
    const away = (code: string): boolean => isUnavailable(Object.assign(new Error("the timeout is closed"), { code }));
    expect([...trouble, "23505", "42P01", "22003"].filter(away)).toEqual(trouble);
  });
});
