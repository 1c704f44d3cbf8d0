import { randomBytes } from "node:crypto";
import { createTestDatabase, eventually, type Receiver, startReceiver, type TestDatabase } from "@punctual/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfiguration } from "../../src/boot/config.ts";
import { type Node, startNode } from "../../src/boot/wire.ts";
import { openDatabase } from "../../src/store/database.ts";
import { bootstrapTenant } from "../../src/store/tenants.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../engine/database-proxy.ts";

// One node for all troubles, one after the other: it must come through each without being started anew.
const role = `punctual_troubled_${randomBytes(4).toString("hex")}`;
let database: TestDatabase;
let proxy: DatabaseProxy;
let receiver: Receiver;
let node: Node;
let apiKey: string;
/** Jobs whose creation was acknowledged, whatever went on. */
const acknowledged: string[] = [];

beforeAll(async () => {
  [database, receiver] = await Promise.all([createTestDatabase(), startReceiver()]);
  apiKey = (await bootstrapTenant(database.pool, "default")).apiKey ?? "";
  // A role of its own, so that its connections can be limited; by inheritance it owns what there is.
  await database.pool.query(`do $$ begin execute format('create role ${role} login password ''x'' in role %I', current_user); end $$`);
  const url = new URL(database.url);
  url.username = role;
  url.password = "x";
  proxy = await startDatabaseProxy(url.href);
  const flags = { port: "0", leaseTtl: "2s", databaseTimeout: "1s", logLevel: "silent" };
  node = await startNode({ ...readConfiguration("start", flags, {}), databaseUrl: proxy.url, encryptionKey: randomBytes(32) });
});
afterAll(async () => {
  proxy.heal();
  await node.stop();
  await proxy.stop();
  await receiver.stop();
  await database.pool.query(`drop owned by ${role}; drop role ${role}`);
  await database.drop();
});

const ask = (method: string, path: string, body?: unknown): Promise<Response> =>
  fetch(node.url + path, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const create = async (path: string): Promise<Response> => {
  const job = { runAt: new Date().toISOString(), target: { type: "http", url: receiver.url + path } };
  const response = await ask("POST", "/v1/jobs", job);
  if (response.status === 201) acknowledged.push(((await response.clone().json()) as { jobId: string }).jobId);
  return response;
};
const readiness = async (): Promise<number> => (await ask("GET", "/readyz")).status;
const arrived = (path: string): boolean => receiver.requests.some((request) => request.path === path);
const terminate = () => database.pool.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = $1", [role]);
const alterDatabase = (setting: string) =>
  database.pool.query(`do $$ begin execute format('alter database %I ${setting}', current_database()); end $$`);

/** `detail` is what /readyz says meanwhile; null while it goes on saying that all is well. */
type Trouble = { what: string; begin(): Promise<unknown>; end(): Promise<unknown>; detail: string | null };
const noAnswer = "The database does not answer.";
let release: () => void = () => {};

const troubles: Trouble[] = [
  { what: "a connection that is refused", begin: async () => proxy.cut(), end: async () => proxy.heal(), detail: noAnswer },
  { what: "a database that has gone silent", begin: async () => proxy.silence(), end: async () => proxy.heal(), detail: noAnswer },
  {
    what: "too many clients (53300)",
    begin: async () => {
      await database.pool.query(`alter role ${role} connection limit 0`);
      await terminate();
    },
    end: () => database.pool.query(`alter role ${role} connection limit -1`),
    detail: noAnswer,
  },
  {
    what: "a failover after which it is read-only (25006)",
    begin: async () => {
      await alterDatabase("set default_transaction_read_only = on");
      await terminate();
    },
    end: () =>
      database.pool.query(
        "begin read write; do $$ begin execute format('alter database %I reset default_transaction_read_only', current_database()); end $$; commit",
      ),
    detail: "The database takes no writes.",
  },
  {
    what: "statements that take too long (57014)",
    begin: async () => {
      const client = await database.pool.connect();
      await client.query("begin; lock table punctual.jobs, punctual.cursors in access exclusive mode");
      release = () => void client.query("rollback").then(() => client.release());
    },
    end: async () => release(),
    detail: null,
  },
];

describe("a node comes without a restart through", () => {
  test.each(troubles)("$what: 503 with Retry-After meanwhile, back at work within ten seconds", async ({ what, begin, end, detail }) => {
    const path = (when: string) => `/${when}?${encodeURIComponent(what)}`;
    expect((await create(path("before"))).status).toBe(201);
    await begin();
    const refused = await create(path("meanwhile"));
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([503, "unavailable"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    await eventually(async () => {
      const response = await ask("GET", "/readyz");
      expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual(
        detail === null ? [200, "ok"] : [503, detail],
      );
    });
    await end();
    const endedMs = performance.now();
    await eventually(async () => (await create(path("after"))).status === 201 && (await readiness()) === 200, { timeoutMs: 10_000 });
    await eventually(() => arrived(path("before")) && arrived(path("after")), { timeoutMs: 10_000 });
    expect(performance.now() - endedMs).toBeLessThan(10_000);
  });

  test("connections that are dropped and answers that are slow: nobody notices but by the time it takes", async () => {
    await terminate();
    proxy.slow(100);
    await eventually(async () => (await create("/slow")).status === 201);
    await eventually(() => arrived("/slow"), { timeoutMs: 10_000 });
    proxy.slow(0);
    await terminate();
    await eventually(async () => (await create("/dropped")).status === 201);
    await eventually(() => arrived("/dropped"), { timeoutMs: 10_000 });
    expect(await readiness()).toBe(200);
  });

  test("all of it with every acknowledged job there", async () => {
    const { rows } = await database.pool.query("select from punctual.jobs where job_id = any ($1)", [acknowledged]);
    expect(rows).toHaveLength(acknowledged.length);
    expect(acknowledged.length).toBeGreaterThan(troubles.length * 2);
  });
});

describe("its pools together", () => {
  test("take no more connections than they may, and leave the lease its own when the API has used up its half", async () => {
    const hog = openDatabase({
      url: proxy.url,
      applicationName: "hog",
      maxConnections: 1,
      connectTimeoutMs: 1_000,
      statementTimeoutMs: 5_000,
    });
    try {
      const client = await hog.connect();
      await client.query("begin; lock table punctual.jobs in access exclusive mode");
      const waiting = Array.from({ length: 40 }, () => create("/hogged"));
      const statuses = await Promise.all(waiting.map(async (response) => (await response).status));
      expect(new Set(statuses)).toEqual(new Set([503]));
      expect(node.engine.trusted()).toBe(true);
      await client.query("rollback");
      client.release();
      await eventually(async () => (await create("/unhogged")).status === 201);
    } finally {
      await hog.end();
    }
  });
});
