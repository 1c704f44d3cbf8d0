import { randomBytes } from "node:crypto";
import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readConfiguration } from "../../src/boot/config.ts";
import { type Node, startNode } from "../../src/boot/wire.ts";
import { openDatabase } from "../../src/store/database.ts";
import { migrate } from "../../src/store/migrate.ts";
import { bootstrapTenant } from "../../src/store/tenants.ts";
import { api } from "./node-process.ts";
import { type ReplicatedPair, startPair } from "./replicated-pair.ts";

let pair: ReplicatedPair;
let receiver: Receiver | undefined;
let node: Node | undefined;
let apiKey: string;
let creating: boolean;

beforeEach(async () => {
  creating = true;
  [pair, receiver] = await Promise.all([startPair(), startReceiver()]);
  await migrate(pair.url);
  const options = { url: pair.url, applicationName: "set-up", maxConnections: 1, connectTimeoutMs: 2_000, statementTimeoutMs: 2_000 };
  const db = openDatabase(options);
  apiKey = (await bootstrapTenant(db, "default")).apiKey ?? "";
  await db.end();
  const flags = { port: "0", leaseTtl: "2s", databaseTimeout: "2s", logLevel: "silent" };
  node = await startNode({ ...readConfiguration("start", flags, {}), databaseUrl: pair.url, encryptionKey: randomBytes(32) });
}, 40_000);
afterEach(async () => {
  creating = false;
  // A set-up that failed half-way must not keep the servers from being stopped, by the hook that runs after this one.
  await node?.stop();
  await receiver?.stop();
});

const create = async (body: object): Promise<string> => String((await api(node?.url ?? "", apiKey, "POST", "/v1/jobs", body)).jobId);
const target = (path: string) => ({ type: "http", url: `${receiver?.url}${path}` });
const arrivalsOf = (path: string) => (receiver?.requests ?? []).filter((request) => request.path === path);

describe("a failover to a synchronous standby", () => {
  test("is followed within ten seconds, by one URL that names both; nothing acknowledged is lost, and the old primary back read-only is left alone", async () => {
    await create({ every: "1s", misfire: { policy: "all" }, target: target("/second") });
    const acknowledged: string[] = [];
    let failing = false;
    const creator = (async () => {
      for (let n = 0; creating; n++) {
        const job = { runAt: new Date().toISOString(), target: target(`/${n}`) };
        await create(job).then(
          (jobId) => acknowledged.push(jobId),
          (error: Error) => {
            if (!error.message.includes("503")) throw error;
            failing = true;
          },
        );
      }
    })();
    await eventually(() => arrivalsOf("/second").length >= 2 && acknowledged.length > 20, { timeoutMs: 10_000 });
    await pair.killPrimary();
    await eventually(() => failing, { timeoutMs: 10_000 });
    const arrivedBefore = arrivalsOf("/second").length;
    const before = acknowledged.length;
    await pair.standby.query("select pg_promote()");
    const promotedMs = performance.now();
    await eventually(() => arrivalsOf("/second").length > arrivedBefore && acknowledged.length > before, { timeoutMs: 10_000 });
    expect(performance.now() - promotedMs).toBeLessThan(10_000);

    const old = await pair.revive();
    await pair.standby.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'punctual %'");
    const sofar = acknowledged.length;
    await eventually(() => acknowledged.length > sofar + 20, { timeoutMs: 10_000 });
    creating = false;
    await creator;
    const { rows: strays } = await old.query(
      "select application_name from pg_stat_activity where application_name like 'punctual %' and state is not null",
    );
    expect(strays).toEqual([]);
    const { rows: kept } = await pair.standby.query("select from punctual.jobs where job_id = any ($1)", [acknowledged]);
    expect(kept).toHaveLength(acknowledged.length);

    const nominalTimes = [...new Set(arrivalsOf("/second").map(({ headers }) => Date.parse(String(headers["punctual-nominal-time"]))))];
    expect(nominalTimes.sort((a, b) => a - b)).toEqual(nominalTimes.map((_, index) => (nominalTimes[0] ?? 0) + index * 1_000));
  }, 60_000);
});
