import { randomBytes } from "node:crypto";
import type { PunctualError } from "@punctual/contract";
import { createTestDatabase, eventually, type Receiver, startReceiver, type TestDatabase } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readConfiguration } from "../../src/boot/config.ts";
import { databaseProblem } from "../../src/boot/database-problem.ts";
import { migrationUrl } from "../../src/boot/start.ts";
import { startNode } from "../../src/boot/wire.ts";
import { bootstrapTenant } from "../../src/store/tenants.ts";
import { api } from "./node-process.ts";
import { type StatementSpy, startStatementSpy } from "./statement-spy.ts";

let database: TestDatabase;
let receiver: Receiver;
let spy: StatementSpy;

beforeEach(async () => {
  [database, receiver] = await Promise.all([createTestDatabase(), startReceiver()]);
  spy = await startStatementSpy(database.url);
});
afterEach(async () => {
  await spy.stop();
  await receiver.stop();
  await database.drop();
});

/** A node that has done some of everything: jobs, a queue, an idempotent request, a page of runs. */
const work = async (flags: Record<string, string>, direct: string | null): Promise<void> => {
  const { apiKey } = await bootstrapTenant(database.pool, "default");
  const config = readConfiguration("start", { port: "0", leaseTtl: "2s", logLevel: "silent", ...flags }, {});
  const node = await startNode({ ...config, databaseUrl: spy.url, databaseDirectUrl: direct, encryptionKey: randomBytes(32) });
  const ask = (method: string, path: string, body?: unknown) => api(node.url, apiKey ?? "", method, path, body);
  const target = { type: "http", url: receiver.url };
  await ask("PUT", "/v1/queues/slow", { concurrency: 1 });
  await ask("POST", "/v1/jobs", { runAt: new Date().toISOString(), target, queue: "slow", idempotencyKey: "once" });
  await ask("POST", "/v1/jobs", { every: "1s", target, overlap: "skip" });
  await receiver.waitFor(3, { timeoutMs: 15_000 });
  await eventually(async () => ((await ask("GET", "/v1/runs?status=succeeded")).items as unknown[]).length >= 2, { timeoutMs: 15_000 });
  await node.stop();
};
const leftToSession = (): string[] => [...spy.texts].filter((text) => /(^|;)\s*(set (?!local)|listen )|advisory_lock\(/.test(text));

describe("a node behind a pooler in transaction mode", () => {
  test("leaves nothing to a session: no setting, no prepared statement, no listening", async () => {
    await work({ databasePooler: "transaction" }, null);
    expect([...spy.names]).toEqual([""]);
    expect([...spy.parameters].sort()).toEqual(["application_name", "client_encoding", "database", "user"]);
    expect(leftToSession()).toEqual([]);
    expect(spy.texts.size).toBeGreaterThan(20);
  });

  test("is told from one that has a server to itself, which the check above would notice, and which listens where it is told to", async () => {
    const direct = await startStatementSpy(database.url);
    try {
      await work({}, direct.url);
    } finally {
      await direct.stop();
    }
    expect(spy.names.size).toBeGreaterThan(5);
    expect(spy.parameters).toContain("statement_timeout");
    expect(leftToSession()[0]).toMatch(/^set jit = off/);
    expect([...direct.texts].filter((text) => text.startsWith("listen "))).toHaveLength(1);
  });

  test("migrates past it, and says so when it does not know how", () => {
    const configured = (flags: Record<string, string>) => readConfiguration("migrate", flags, {});
    const direct = "postgres://u@db/p";
    expect(migrationUrl(configured({ databaseDirectUrl: direct, databasePooler: "transaction" }), spy.url)).toBe(direct);
    expect(migrationUrl(configured({}), spy.url)).toBe(spy.url);
    expect(() => migrationUrl(configured({ databasePooler: "transaction" }), spy.url)).toThrow(/PUNCTUAL_DATABASE_DIRECT_URL/);
  });

  test("that was not told of it says what is missing", () => {
    const refusal = Object.assign(new Error("unsupported startup parameter: statement_timeout"), { code: "08P01" });
    const problem = databaseProblem(refusal) as PunctualError;
    expect([problem.code, problem.message]).toEqual(["configuration_invalid", expect.stringContaining("PUNCTUAL_DATABASE_POOLER")]);
  });
});
