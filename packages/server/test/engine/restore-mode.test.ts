import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { raiseHighWater, readHighWater } from "../../src/store/high-water.ts";
import { type Cluster, startCluster, type TestNode } from "./cluster.ts";

let cluster: Cluster;
let receiver: Receiver;
beforeEach(async () => {
  [cluster, receiver] = await Promise.all([startCluster(), startReceiver()]);
});
afterEach(async () => {
  await cluster.stop();
  await receiver.stop();
});

const minuteMs = 60_000;
const hook = () => ({ type: "http" as const, url: receiver.url });
const mode = async () => (await cluster.ask("getRestoreMode", { query: {} })).body;
const restoreSign = async () => (await mode()).restore?.sign ?? null;
const marked = () =>
  eventually(async () => (await cluster.rows("select from punctual.high_water where seq > 1")).length === 1, { timeoutMs: 5_000 });
/** As after pg_restore: every row was written anew. */
const copyMark = () =>
  cluster.rows("with was as (delete from punctual.high_water returning *) insert into punctual.high_water select * from was");
const statesOf = async (jobId: string) => {
  const rows = await cluster.rows<{ state: string; count: number }>(
    `select state, count(*)::int as count from (
       select state from punctual.live_runs where job_id = $1 union all select state from punctual.finished_runs where job_id = $1) r group by 1`,
    [jobId],
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
};
const stopped = (...nodes: TestNode[]) => eventually(() => nodes.every((node) => node.engine.stoppedBecause() !== null));
/** The node owns its shards and has renewed its lease for over a second: whatever it would begin, it has begun. */
const looksAround = async (...nodes: TestNode[]): Promise<void> => {
  await cluster.settled(...nodes);
  const leases = () =>
    cluster.rows<{ ms: number }>("select punctual.ms(min(lease_until)) as ms from punctual.nodes where buried_at is null");
  const [first] = await leases();
  await eventually(async () => ((await leases())[0]?.ms ?? 0) > (first?.ms ?? 0) + 1_200, { timeoutMs: 5_000 });
};
/** A cluster that had marked, was stopped, and comes back `minutes` later with this done to it. */
async function comeBack(minutes: number, change: () => Promise<unknown>, guard: { gapMs?: number } = {}): Promise<TestNode> {
  const first = await cluster.start();
  await marked();
  await first.stop();
  await cluster.database.moveClock(minutes * minuteMs);
  await change();
  return cluster.start({ guard });
}

describe("after a restore", () => {
  test("nothing fires, runs that were live do not begin either, and all is said and counted", async () => {
    const { jobId } = await cluster.createJob({ every: "1m", target: hook() });
    const { jobId: other } = await cluster.createJob({ every: "1h", target: hook() });
    await cluster.ask("triggerJob", { params: { jobId: other }, body: {} });
    // Ready, and no node has seen it yet.
    await cluster.rows("insert into punctual.high_water values (true, 7, punctual.clock(), '1', 1, 0)");
    await cluster.database.moveClock(10 * minuteMs + 1_000);
    const node = await cluster.start();
    await stopped(node);
    await looksAround(node);
    const { restore, items } = await mode();
    expect(restore).toMatchObject({ sign: "copied", liveRuns: 1 });
    expect(items).toMatchObject([{ jobId, occurrences: 10, tenant: "default" }]);
    expect(await statesOf(other)).toEqual({ ready: 1 });
    expect(receiver.requests).toEqual([]);
    expect((await cluster.ask("getCluster", {})).body.stopped).toBe(restore?.detail);
    expect(node.events).toContainEqual(expect.objectContaining({ type: "restore_mode", stopped: true, sign: "copied" }));
  });

  test("`run` lets what stands fire, as after an outage", async () => {
    const { jobId } = await cluster.createJob({ every: "1m", target: hook(), misfire: { policy: "skip", window: "3m" } });
    const node = await comeBack(10, copyMark);
    await stopped(node);
    const { body } = await cluster.ask("resolveRestoreMode", { body: { choice: "run" } });
    expect(body).toEqual({ occurrences: 0, runs: 0, isComplete: true, isResolved: true });
    await eventually(async () => (await statesOf(jobId))["succeeded"] === 3);
    expect(await statesOf(jobId)).toEqual({ succeeded: 3, skipped: 7 });
    expect(node.engine.stoppedBecause()).toBeNull();
  });

  test("`done` up to a time records what came before as succeeded, counts it, ends what was live, and runs the rest", async () => {
    const { jobId } = await cluster.createJob({ every: "1m", maxRuns: 9, target: hook() });
    const { jobId: other } = await cluster.createJob({ every: "1h", target: hook() });
    await cluster.ask("triggerJob", { params: { jobId: other }, body: {} });
    await cluster.rows("insert into punctual.high_water values (true, 7, punctual.clock(), '1', 1, 0)");
    await cluster.database.moveClock(10 * minuteMs);
    const node = await cluster.start();
    await stopped(node);
    const [{ upTo } = { upTo: 0 }] = await cluster.rows<{ upTo: number }>(`select punctual.ms(punctual.clock()) - 5.5 * 60000 as "upTo"`);
    const { body } = await cluster.ask("resolveRestoreMode", { body: { choice: "done", upTo: new Date(upTo).toISOString() } });
    expect(body).toEqual({ occurrences: 4, runs: 1, isComplete: true, isResolved: true });
    await eventually(async () => (await statesOf(jobId))["succeeded"] === 9, { timeoutMs: 5_000 });
    // Nine in all: four by word, five by deed.
    expect(await statesOf(jobId)).toEqual({ succeeded: 9 });
    expect(receiver.requests).toHaveLength(5);
    expect(await cluster.rows("select state, reason, ended_by from punctual.finished_runs where job_id = $1", [other])).toEqual([
      { state: "succeeded", reason: "marked as done after a restore", ended_by: "key test (k1)" },
    ]);
    const { body: audit } = await cluster.ask("auditOccurrences", { query: { from: "2020-01-01T00:00:00Z", jobId } });
    expect(audit.items).toEqual([]);
    const unresolved = await cluster.rows("select from punctual.restores where resolved_at is null or choice <> 'done'");
    expect(unresolved).toEqual([]);
  });

  test("one job can be decided about before the others, while nothing fires", async () => {
    const { jobId } = await cluster.createJob({ every: "1m", target: hook() });
    const { jobId: other } = await cluster.createJob({ every: "1m", after: "completion", target: hook() });
    const node = await comeBack(10, copyMark);
    await stopped(node);
    const { body } = await cluster.ask("resolveRestoreMode", { body: { choice: "skip", jobId } });
    expect(body).toEqual({ occurrences: 10, runs: 0, isComplete: true, isResolved: false });
    expect((await mode()).items).toMatchObject([{ jobId: other }]);
    await cluster.ask("resolveRestoreMode", { body: { choice: "skip" } });
    expect(await statesOf(jobId)).toEqual({ skipped: 10 });
    expect(await statesOf(other)).toEqual({ skipped: 1 });
    await eventually(() => node.engine.stoppedBecause() === null);
    await cluster.database.moveClock(minuteMs);
    await eventually(async () => receiver.requests.length === 2, { timeoutMs: 5_000 });
  });

  test("what is asked for a wrong time or a wrong choice, or when nothing is stopped, is refused", async () => {
    await expect(cluster.ask("resolveRestoreMode", { body: { choice: "run" } })).rejects.toMatchObject({ code: "not_in_restore_mode" });
    await cluster.ask("beginRestoreMode", { body: { reason: "the disk was reset" } });
    expect(await restoreSign()).toBe("asked");
    const wrong = [{ choice: "run", upTo: "2020-01-01T00:00:00Z" } as const, { choice: "skip", upTo: "2099-01-01T00:00:00Z" } as const];
    for (const body of wrong) await expect(cluster.ask("resolveRestoreMode", { body })).rejects.toMatchObject({ code: "request_invalid" });
  });
});

describe("the cluster notices", () => {
  test("data that were copied, or written by another server or on another timeline", async () => {
    const node = await comeBack(10, () =>
      cluster.rows("update punctual.high_water set xid = pg_current_xact_id()::text::bigint & 4294967295, timeline = 9"),
    );
    await stopped(node);
    expect(await restoreSign()).toBe("other_timeline");
  });

  test("data that a node has seen newer, and stops on every node", async () => {
    const nodes = [await cluster.start(), await cluster.start()];
    await marked();
    await cluster.rows("update punctual.high_water set seq = seq - 100, xid = pg_current_xact_id()::text::bigint & 4294967295");
    await stopped(...nodes);
    expect(await restoreSign()).toBe("went_back");
  });

  test("a restore once: not again by a node that was cut off while it was decided", async () => {
    const [node, away] = [await cluster.start(), await cluster.start()];
    await marked();
    await looksAround(node, away);
    away.proxy.cut();
    await cluster.rows("update punctual.high_water set seq = seq - 100, xid = pg_current_xact_id()::text::bigint & 4294967295");
    await stopped(node);
    await cluster.ask("resolveRestoreMode", { body: { choice: "run" } });
    away.proxy.heal();
    await looksAround(node, away);
    expect(await restoreSign()).toBeNull();
  });

  test("a clock that jumps ahead, and one that goes back", async () => {
    const { jobId } = await cluster.createJob({ every: "10m", target: hook() });
    const node = await cluster.start({ guard: { clockJumpMs: minuteMs } });
    await marked();
    await cluster.database.moveClock(-5 * minuteMs);
    await stopped(node);
    expect(await restoreSign()).toBe("clock_back");
    await cluster.database.moveClock(5 * minuteMs);
    await cluster.ask("resolveRestoreMode", { body: { choice: "run" } });
    await eventually(() => node.engine.stoppedBecause() === null);
    await cluster.rows("update punctual.high_water set marked_at = punctual.clock()");
    await cluster.database.moveClock(30 * minuteMs);
    await stopped(node);
    expect(await restoreSign()).toBe("clock_forward");
    expect(await statesOf(jobId)).toEqual({});
  });
});

test("a mark is of the time at which the database was looked at, so that a jump before it is written shows", async () => {
  const { pool: db } = cluster.database;
  const found = await readHighWater(db);
  await cluster.database.moveClock(30 * minuteMs);
  if (found) await raiseHighWater(db, found.mark?.seq ?? null, found.now);
  const after = await readHighWater(db);
  expect((after?.now.nowMs ?? 0) - (after?.mark?.markedMs ?? 0)).toBeGreaterThan(29 * minuteMs);
});

describe("firing does not stop", () => {
  test("after an outage of all nodes, nor does a decided restore come back", async () => {
    const { jobId } = await cluster.createJob({ every: "1m", target: hook() });
    const node = await comeBack(10, async () => {});
    await eventually(async () => (await statesOf(jobId))["succeeded"] === 10);
    expect(await restoreSign()).toBeNull();
    await cluster.ask("beginRestoreMode", {});
    await stopped(node);
    await cluster.ask("resolveRestoreMode", { body: { choice: "run" } });
    await eventually(() => node.engine.stoppedBecause() === null);
    await node.stop();
    await cluster.database.moveClock(10 * minuteMs);
    await cluster.start();
    await eventually(async () => (await statesOf(jobId))["succeeded"] === 20);
  });

  test("unless somebody wants it to, for such a gap", async () => {
    const node = await comeBack(10, async () => {}, { gapMs: 5 * minuteMs });
    await stopped(node);
    expect(await restoreSign()).toBe("gap");
  });
});
