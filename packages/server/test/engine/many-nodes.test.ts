import { randomUUID } from "node:crypto";
import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { join } from "../../src/engine/membership.ts";
import { createNodeClock } from "../../src/engine/node-clock.ts";
import { createReach } from "../../src/engine/reach.ts";
import type { Database } from "../../src/store/database.ts";
import { renewNode } from "../../src/store/nodes.ts";
import { type Cluster, leaseTtlMs, startCluster, type TestNode } from "./cluster.ts";
import type { Fault } from "./faulty-database.ts";

let cluster: Cluster;
let receiver: Receiver;

beforeEach(async () => {
  [cluster, receiver] = await Promise.all([startCluster(), startReceiver()]);
});
afterEach(async () => {
  await cluster.stop();
  await receiver.stop();
});

const target = (path = "/") => ({ type: "http" as const, url: receiver.url + path });
const farAway = (path = "/") => ({ runAt: "2099-01-01T00:00:00Z", target: target(path) });

describe("three nodes", () => {
  it("double and lose nothing while one is stopped and one is cut off", async () => {
    const [a, b, c] = [await cluster.start(), await cluster.start(), await cluster.start()];
    await cluster.settled(a, b, c);
    const jobs = await Promise.all(
      Array.from({ length: 24 }, (_, n) => cluster.createJob({ every: "1s", maxRuns: 9, target: target(`/${n}`) }, { on: a })),
    );
    const arrived = (perJob: number) => receiver.waitFor(jobs.length * perJob, { timeoutMs: 15_000 });
    await arrived(2);
    await a.stop();
    await arrived(4);
    b.proxy.cut();
    await eventually(() => c.engine.gauges().shards === 256, { timeoutMs: 10_000 });
    await eventually(
      async () => (await cluster.rows("select from punctual.cursors union all select from punctual.live_runs")).length === 0,
      {
        timeoutMs: 15_000,
      },
    );
    const runs = await cluster.rows<{ job_id: string; state: string; count: number }>(
      "select job_id, state, count(*)::int from punctual.finished_runs group by 1, 2",
    );
    expect(runs).toHaveLength(jobs.length);
    for (const run of runs) expect(run).toMatchObject({ state: "succeeded", count: 9 });
    const [lost] = await cluster.rows<{ count: number }>("select count(*)::int from punctual.attempts where outcome = 'lost' or late");
    const twice = receiver.requests.length - jobs.length * 9;
    expect(new Set(receiver.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(jobs.length * 9);
    expect(twice).toBeLessThanOrEqual(lost?.count ?? 0);
  });
});

describe("a node that is cut off", () => {
  it("has its runs handed back as lost, and what it reports later changes nothing", async () => {
    const [lonely, other] = [await cluster.start(), await cluster.start()];
    await cluster.settled(lonely, other);
    const { jobId } = await cluster.createJobOn(lonely, farAway());
    receiver.answer((request) => ({ delayMs: request.headers["punctual-attempt"] === "1" ? 700 : 0, body: "done" }));
    const { body: run } = await cluster.ask("triggerJob", { params: { jobId } }, { on: lonely });
    await receiver.waitFor(1);
    lonely.proxy.cut();
    await eventually(() => lonely.events.some((event) => event.type === "attempt_ended"));
    await eventually(() => other.has("runs_orphaned"), { timeoutMs: 10_000 });
    const read = async () => (await cluster.ask("getRun", { params: { runId: run.runId } })).body;
    expect((await read()).attempts).toMatchObject([{ attempt: 1, outcome: "lost", failureClass: "lost" }]);
    lonely.proxy.heal();
    await eventually(() => lonely.has("results_lost"), { timeoutMs: 10_000 });
    await eventually(() => lonely.has("lease_lost"));
    expect(await cluster.rows("select late, outcome from punctual.attempts where late")).toEqual([{ late: true, outcome: "succeeded" }]);
    const after = await eventually(
      async () => {
        const now = await read();
        return now.finishedAt !== null && now;
      },
      { timeoutMs: 10_000 },
    );
    expect(after).toMatchObject({ status: "succeeded", attempt: 2 });
    expect(receiver.requests).toHaveLength(2);
    await cluster.settled(lonely, other);
  });

  it("from its lease alone starts nothing, and goes on once it has renewed", async () => {
    const node = await cluster.start();
    await cluster.settled(node);
    node.leaseProxy.cut();
    await eventually(() => !node.engine.trusted(), { timeoutMs: leaseTtlMs });
    await cluster.createJob({ runAt: new Date().toISOString(), target: target() }, { on: node });
    await eventually(async () => (await cluster.rows("select from punctual.nodes where lease_until > punctual.clock()")).length === 0);
    node.engine.wake(0);
    expect(receiver.requests).toHaveLength(0);
    expect(node.events.filter((event) => event.type === "fired")).toEqual([]);
    node.leaseProxy.heal();
    await receiver.waitFor(1);
  });
});

describe("a node that crashes", () => {
  const longTtlMs = 4_000;

  it("is noticed by its closed connection, and its shards are taken long before its lease would have ended", async () => {
    const [crashing, surviving] = [await cluster.start({ leaseTtlMs: longTtlMs }), await cluster.start({ leaseTtlMs: longTtlMs })];
    await cluster.settled(crashing, surviving);
    await renewedFor(surviving, longTtlMs);
    const crashedMs = performance.now();
    crashing.proxy.cut();
    const [row] = await cluster.rows<{ until: Date }>("select lease_until as until from punctual.nodes where node_id = $1", [
      crashing.engine.nodeId(),
    ]);
    await cluster.settled(surviving);
    const [buried] = await cluster.rows<{ at: Date }>("select buried_at as at from punctual.nodes where node_id = $1", [
      crashing.engine.nodeId(),
    ]);
    expect(buried?.at.getTime()).toBeLessThan((row?.until.getTime() ?? 0) - longTtlMs / 4);
    expect(performance.now() - crashedMs).toBeLessThan(longTtlMs);
    expect(surviving.events.filter((event) => event.type === "nodes_buried")).toHaveLength(1);
  });

  it("is told from one that only lost its connection, and from an outage of the database", async () => {
    const [first, second] = [await cluster.start(), await cluster.start()];
    await cluster.settled(first, second);
    await renewedFor(first, leaseTtlMs);
    for (const fallen of [[first], [first, second]]) {
      for (const node of fallen) node.proxy.cut();
      for (const node of fallen) node.proxy.heal();
      await renewedFor(second, leaseTtlMs * 1.5);
    }
    for (const node of [first, second]) {
      expect(node.has("lease_lost")).toBe(false);
      expect(node.has("nodes_buried")).toBe(false);
    }
  });

  /** Resolves when the node has kept its lease for a while, by the database's clock. */
  async function renewedFor(node: TestNode, forMs: number): Promise<void> {
    const untilOf = async () =>
      (
        await cluster.rows<{ ms: number }>("select punctual.ms(lease_until) as ms from punctual.nodes where node_id = $1", [
          node.engine.nodeId(),
        ])
      )[0]?.ms ?? 0;
    const from = await untilOf();
    await eventually(async () => (await untilOf()) > from + forMs + 500, { timeoutMs: 4 * forMs + 5_000 });
  }
});

describe("leases and shards", () => {
  it("a clone that renews with the same id and an old beat fails, and the original keeps its lease", async () => {
    const node = await cluster.start();
    const [row] = await cluster.rows<{ beat: string }>("select beat from punctual.nodes");
    await eventually(async () => (await cluster.rows<{ beat: string }>("select beat from punctual.nodes"))[0]?.beat !== row?.beat);
    const clone = { nodeId: node.engine.nodeId(), beat: row?.beat ?? "", nextBeat: randomUUID() };
    const renewal = await renewNode(cluster.database.pool, clone, leaseTtlMs, { running: 0, clockOffsetMs: 0, silentMs: 0 });
    expect(renewal).toBeNull();
    expect(node.has("lease_lost")).toBe(false);
    expect(node.engine.trusted()).toBe(true);
  });

  it("a shard whose release or taking was answered into the void is not left without an owner that knows", async () => {
    const faults: Fault[] = [];
    const first = await cluster.start({ through: (db) => failingText(db, faults) });
    await cluster.settled(first);
    faults.push({ statement: "set owner = null", when: "before" });
    const second = await cluster.start({ through: (db) => failingText(db, [{ statement: "set owner = $1", when: "after" }]) });
    await cluster.settled(first, second);
    expect(faults).toEqual([]);
    for (const node of [first, second]) expect(node.has("loop_failed")).toBe(true);
  });

  it("one that leaves gives its shards away within two seconds, hands back what does not finish, and leaves nothing behind", async () => {
    const [leaving, staying] = [await cluster.start(), await cluster.start()];
    await cluster.settled(leaving, staying);
    const { jobId } = await cluster.createJobOn(leaving, farAway("/hangs"));
    const { jobId: next } = await cluster.createJobOn(leaving, farAway("/next"));
    receiver.answer(({ path }) => (path === "/hangs" ? { refuse: "hang" } : {}));
    await cluster.ask("triggerJob", { params: { jobId } }, { on: leaving });
    await receiver.waitFor(1);
    const askedMs = performance.now();
    const stopped = leaving.stop(1_000);
    await eventually(() => staying.engine.gauges().shards === 256, { timeoutMs: 2_000 });
    await cluster.ask("triggerJob", { params: { jobId: next } }, { on: staying });
    await receiver.waitFor(2);
    expect(performance.now() - askedMs).toBeLessThan(2_000);
    await stopped;
    const [run] = await cluster.rows("select state, attempt, holder from punctual.live_runs where job_id = $1", [jobId]);
    expect(run).toEqual({ state: "waiting", attempt: 1, holder: null });
    expect(staying.has("runs_orphaned")).toBe(false);
    expect(await cluster.rows("select from punctual.nodes where buried_at is null")).toHaveLength(1);
  });

  it("a stop with a database that does not answer still ends", async () => {
    const node = await cluster.start();
    await cluster.settled(node);
    node.proxy.cut();
    const askedMs = performance.now();
    await node.stop(500);
    expect(performance.now() - askedMs).toBeLessThan(10_000);
  });
});

describe("membership", () => {
  it("nobody is buried by a node that has just come back, nor because the database's clock was set", async () => {
    const buried: string[] = [];
    const proxied = await cluster.start();
    const emit = (event: { type: string }): void => void buried.push(event.type);
    const db = cluster.database.pool;
    const member = await join({
      db,
      name: "m",
      version: "0",
      slots: 1,
      ttlMs: leaseTtlMs,
      clock: createNodeClock(),
      reach: createReach(db),
      emit,
      load: () => ({ running: 0 }),
      onBuried: () => {},
      onLost: () => {},
    });
    // Only who has renewed for a whole TTL may bury at all.
    await eventually(async () => {
      const young = await cluster.rows("select from punctual.nodes where started_at > punctual.clock() - $1 * interval '1 millisecond'", [
        leaseTtlMs + 600,
      ]);
      return young.length === 0 && proxied.engine.trusted();
    });
    await cluster.database.moveClock(60_000);
    await eventually(async () => (await cluster.rows("select from punctual.nodes where lease_until > punctual.clock()")).length === 2);
    expect(await cluster.rows("select from punctual.nodes where buried_at is not null")).toEqual([]);
    expect(buried.filter((type) => type !== "lease_renewed")).toEqual(["node_registered"]);
    await member.leave();
  });
});

/** Faults by a piece of the statement's text: the keeper's statements have no names. */
function failingText(db: Database, faults: Fault[]): Database {
  const query = async (config: unknown, ...rest: unknown[]): Promise<unknown> => {
    const send = db.query as unknown as (config: unknown, ...rest: unknown[]) => Promise<unknown>;
    const [fault] = faults;
    if (fault === undefined || typeof config !== "string" || !config.includes(fault.statement)) return send.call(db, config, ...rest);
    faults.shift();
    if (fault.when === "after") await send.call(db, config, ...rest);
    throw new Error("Connection terminated unexpectedly");
  };
  return Object.assign(Object.create(db) as Database, { query });
}
