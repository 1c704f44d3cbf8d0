import { randomBytes } from "node:crypto";
import type { Body, OperationId, Target as TargetSpec } from "@punctual/contract";
import { createTestDatabase, eventually, type TestDatabase } from "@punctual/testkit";
import type { Guests } from "../../src/commands/guests.ts";
import { createOperations, type Operations } from "../../src/commands/index.ts";
import { type Engine, startEngine } from "../../src/engine/engine.ts";
import { createHttpServer } from "../../src/http/server.ts";
import { shardCount, shardOf } from "../../src/model/ids.ts";
import type { GuardOptions } from "../../src/model/restore-signs.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { openListener } from "../../src/store/listener.ts";
import { addSecret, createCipher, newSigningSecret, tenantSigningSecret } from "../../src/store/secrets.ts";
import { bootstrapTenant } from "../../src/store/tenants.ts";
import { createHttpTarget } from "../../src/targets/http/target.ts";
import type { Target } from "../../src/targets/port.ts";
import { createWorkerTarget } from "../../src/targets/worker/target.ts";
import type { Event } from "../../src/telemetry/events.ts";
import { emptyDesk } from "../workers/empty-desk.ts";
import { type DatabaseProxy, startDatabaseProxy } from "./database-proxy.ts";

export const leaseTtlMs = 2_000;

export type NodeOptions = {
  name?: string;
  slots?: number;
  slotsPerOrigin?: number;
  guard?: Partial<GuardOptions>;
  leaseTtlMs?: number;
  publicUrl?: string;
  /** Stands between the engine and its pool, for faults. */
  through?: (db: Database) => Database;
  /** What the wake line listens on; a URL nobody answers breaks it. */
  listenUrl?: string;
};

/** An engine with pools of its own, behind a proxy of its own. */
export type TestNode = {
  engine: Engine;
  events: Event[];
  /** What broke while it answered requests. */
  failures: unknown[];
  /** The URL of its API. */
  url: string;
  /** Both of its ways to the database. */
  proxy: Pick<DatabaseProxy, "cut" | "heal">;
  /** Only the way of its work. */
  workProxy: DatabaseProxy;
  /** Only the way of its lease. */
  leaseProxy: DatabaseProxy;
  has(type: Event["type"]): boolean;
  stop(drainMs?: number): Promise<void>;
};

export type Cluster = {
  database: TestDatabase;
  tenantId: number;
  signingSecret: string;
  /** A key of the tenant with every scope. */
  apiKey: string;
  start(options?: NodeOptions): Promise<TestNode>;
  /** Asks as another tenant when `tenantId` is given; wakes the engine of `on`, as its API would. */
  ask<K extends OperationId>(
    id: K,
    request: Partial<AskRequest<K>>,
    options?: { tenantId?: number; on?: TestNode },
  ): ReturnType<Operations[K]>;
  createJob(body: Body<"createJob">, options?: { tenantId?: number; on?: TestNode }): Promise<{ jobId: string }>;
  /** Creates jobs until one lies in a shard that `node` owns. */
  createJobOn(node: TestNode, body: Body<"createJob">): Promise<{ jobId: string }>;
  /** Resolves when every shard has one of these owners, and each owns its share. */
  settled(...nodes: TestNode[]): Promise<void>;
  addTenantWithKey(name: string): Promise<{ apiKey: string }>;
  addTenant(name: string): Promise<number>;
  /** Rows of a query on the test's own connection. */
  rows<T extends object>(sql: string, values?: unknown[]): Promise<T[]>;
  stop(): Promise<void>;
};

function guests(): Map<string, Target<TargetSpec>> {
  const http: Target<TargetSpec> = createHttpTarget({ now: () => Date.now(), version: "0.0.0" });
  const worker: Target<TargetSpec> = createWorkerTarget();
  return new Map([http, worker].map((target) => [target.type, target]));
}

type AskRequest<K extends OperationId> = Parameters<Operations[K]>[1];

export async function startCluster(): Promise<Cluster> {
  const database = await createTestDatabase();
  const cipher = createCipher(randomBytes(32));
  const { tenantId, apiKey } = await bootstrapTenant(database.pool, "default");
  const signingSecret = newSigningSecret();
  await addSecret(database.pool, cipher, tenantId, tenantSigningSecret, signingSecret);
  const known = guests();
  const guestOf = (spec: TargetSpec): Target<TargetSpec> => known.get(spec.type) as Target<TargetSpec>;
  const callable: Guests = {
    check: (spec) => guestOf(spec).check(spec),
    originOf: (spec) => guestOf(spec).originOf(spec),
    describe: () => null,
  };
  const operations = createOperations(callable, emptyDesk);
  const nodes: TestNode[] = [];

  const start = async (options: NodeOptions = {}): Promise<TestNode> => {
    const [proxy, leaseProxy] = [await startDatabaseProxy(database.url), await startDatabaseProxy(database.url)];
    const pool = (url: string, maxConnections: number, statementTimeoutMs: number): Database =>
      openDatabase({ url, applicationName: "engine test", maxConnections, statementTimeoutMs, connectTimeoutMs: 2_000 });
    const db = pool(proxy.url, 6, 5_000);
    const leaseDb = pool(leaseProxy.url, 1, 500);
    const targets = guests();
    const events: Event[] = [];
    const failures: unknown[] = [];
    const engine = await startEngine({
      db: options.through ? options.through(db) : db,
      leaseDb,
      cleaningDb: null,
      listen: (on) => openListener(options.listenUrl ?? proxy.url, on),
      cipher,
      targets,
      nodeName: options.name ?? "test",
      version: "0.0.0",
      slots: options.slots ?? 100,
      slotsPerOrigin: options.slotsPerOrigin ?? 100,
      leaseTtlMs: options.leaseTtlMs ?? leaseTtlMs,
      publicUrl: options.publicUrl ?? null,
      overdueAfterMs: 60_000,
      // The tests of other things move the clock.
      guard: { gapMs: null, clockJumpMs: Number.POSITIVE_INFINITY, ...options.guard },
      retention: { retentionDays: 30, deadLetterRetentionDays: 90 },
      emit: (event) => void events.push(event),
    });
    const api = createHttpServer({
      ...{ db: database.pool, cipher, version: "0.0.0", metrics: () => "" },
      operations: createOperations(callable, engine.workers),
      wake: engine.wake,
      events: { answered: () => {}, failed: ({ error }) => void failures.push(error) },
      isDraining: () => stopped !== null,
      isReady: async () => ({ ready: true, detail: "" }),
    });
    const url = await api.listen({ host: "127.0.0.1", port: 0 });
    let stopped: Promise<void> | null = null;
    const stop = async (drainMs: number): Promise<void> => {
      await engine.stop(drainMs);
      api.server.closeAllConnections();
      await api.close();
      await Promise.all([...targets.values()].map((target) => target.close()));
      await Promise.all([db.end(), leaseDb.end()]);
      await Promise.all([proxy.stop(), leaseProxy.stop()]);
    };
    const node: TestNode = {
      engine,
      events,
      url,
      failures,
      proxy: { cut: () => [proxy, leaseProxy].map((each) => each.cut()), heal: () => [proxy, leaseProxy].map((each) => each.heal()) },
      workProxy: proxy,
      leaseProxy,
      has: (type) => events.some((event) => event.type === type),
      stop: (drainMs = 500) => (stopped ??= stop(drainMs)),
    };
    nodes.push(node);
    return node;
  };

  const ask: Cluster["ask"] = (id, request, { tenantId: asTenant = tenantId, on } = {}) => {
    const context = {
      db: database.pool,
      tenantId: asTenant,
      actor: "key test (k1)",
      cipher,
      wake: (shard: number) => on?.engine.wake(shard),
    };
    const whole = { params: {}, query: {}, body: undefined, ifMatch: null, ...request };
    return (operations[id] as (context: unknown, request: unknown) => never)(context, whole);
  };

  const createJob: Cluster["createJob"] = async (body, options) => (await ask("createJob", { body }, options)).body;
  const rows: Cluster["rows"] = async <T extends object>(sql: string, values: unknown[] = []) =>
    (await database.pool.query<T>(sql, values)).rows;
  const ownerOf = async (jobId: string): Promise<number> => {
    const [row] = await rows<{ owner: string }>("select owner from punctual.shards where shard = $1", [shardOf(jobId)]);
    return Number(row?.owner);
  };

  return {
    database,
    tenantId,
    signingSecret,
    apiKey: apiKey ?? "",
    start,
    ask,
    createJob,
    async createJobOn(node, body) {
      for (;;) {
        const job = await createJob(body);
        if ((await ownerOf(job.jobId)) === node.engine.nodeId()) return job;
      }
    },
    async settled(...members) {
      await eventually(
        () => {
          const owned = members.map((node) => node.engine.gauges().shards);
          return owned.reduce((sum, count) => sum + count, 0) === shardCount && Math.max(...owned) - Math.min(...owned) <= 1;
        },
        { timeoutMs: 10_000 },
      );
    },
    addTenantWithKey: async (name) => ({ apiKey: (await bootstrapTenant(database.pool, name)).apiKey ?? "" }),
    addTenant: async (name) => (await bootstrapTenant(database.pool, name)).tenantId,
    rows,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
      await Promise.all([...known.values()].map((guest) => guest.close()));
      await database.drop();
    },
  };
}
