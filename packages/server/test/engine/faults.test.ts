import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { occurrenceRunId } from "../../src/model/ids.ts";
import { type Cluster, startCluster, type TestNode } from "./cluster.ts";
import { type Fault, faultyDatabase } from "./faulty-database.ts";

let cluster: Cluster;
let receiver: Receiver;
let struck: Fault[];

beforeEach(async () => {
  struck = [];
  [cluster, receiver] = await Promise.all([startCluster(), startReceiver()]);
});
afterEach(async () => {
  await cluster.stop();
  await receiver.stop();
});

const startFaulty = (faults: Fault[], slots = 100): Promise<TestNode> =>
  cluster.start({ slots, through: (db) => faultyDatabase(db, faults, (fault) => struck.push(fault)) });
const oneTime = (path: string) => ({ runAt: new Date().toISOString(), target: { type: "http" as const, url: receiver.url + path } });
const nothingLive = (timeoutMs = 5_000) =>
  eventually(async () => (await cluster.rows("select from punctual.cursors union all select from punctual.live_runs")).length === 0, {
    timeoutMs,
  });
const states = async () =>
  (await cluster.rows<{ state: string }>("select state from punctual.finished_runs order by run_id")).map((row) => row.state);

describe("an answer that was lost", () => {
  it("to a fire that was carried out: its runs start, once", async () => {
    const node = await startFaulty([{ statement: "fire", when: "after" }]);
    for (let n = 0; n < 5; n++) await cluster.createJob(oneTime(`/${n}`), { on: node });
    await receiver.waitFor(5);
    await nothingLive();
    expect(receiver.requests.map(({ path }) => path).sort()).toEqual(["/0", "/1", "/2", "/3", "/4"]);
    expect(await cluster.rows("select from punctual.all_attempts")).toHaveLength(5);
    expect(node.engine.gauges()).toMatchObject({ running: 0, slotsFree: 100 });
    expect(struck).toHaveLength(1);
  });

  it("to a fire that was not: firing it again is not undone, so that nothing runs twice", async () => {
    // The reading of what is held fails first, so that the hand-back would come after the second fire if nothing kept the order.
    const node = await startFaulty([
      { statement: "fire", when: "before" },
      { statement: "held_among", when: "before" },
      { statement: "held_among", when: "before" },
    ]);
    receiver.answer({ delayMs: 600 });
    for (let n = 0; n < 5; n++) await cluster.createJob(oneTime(`/${n}`), { on: node });
    await receiver.waitFor(5);
    await nothingLive();
    expect(receiver.requests).toHaveLength(5);
    expect(await cluster.rows("select from punctual.attempts where late")).toEqual([]);
    expect(struck.map(({ statement }) => statement)).toEqual(["fire", "held_among", "held_among"]);
  });

  it("to a settle that was carried out: the run keeps its one attempt", async () => {
    const node = await startFaulty([{ statement: "settle_succeeded", when: "after" }]);
    await cluster.createJob(oneTime("/"), { on: node });
    await receiver.waitFor(1);
    await nothingLive();
    await eventually(() => struck.length === 1 && node.events.some((event) => event.type === "loop_failed" && event.loop === "settle"));
    await node.stop();
    expect(await states()).toEqual(["succeeded"]);
    expect(await cluster.rows("select late from punctual.all_attempts")).toEqual([{ late: false }]);
    expect(node.has("results_lost")).toBe(false);
  });

  it("to a claim that was carried out: the run is found to be held by nobody, and starts", async () => {
    const faults: Fault[] = [];
    const node = await startFaulty(faults);
    const { jobId } = await cluster.createJob({ ...oneTime("/"), runAt: "2099-01-01T00:00:00Z" });
    faults.push({ statement: "claim", when: "after" });
    await cluster.ask("triggerJob", { params: { jobId } }, { on: node });
    await eventually(() => struck.length === 1);
    // Far enough to count as held for long; this node's own lease it renews.
    await cluster.database.moveClock(16_000);
    const hrtime = process.hrtime.bigint;
    const later = vi.spyOn(process.hrtime, "bigint").mockImplementation(() => hrtime() + 11_000_000_000n);
    await receiver.waitFor(1).finally(() => later.mockRestore());
    await eventually(async () => (await states()).length === 1);
    const { body } = await cluster.ask("listRuns", { query: { jobId } });
    expect(body.items).toMatchObject([{ status: "succeeded", attempt: 1 }]);
  });
});

describe("a bad row", () => {
  it("in a batch of results costs its own texts, nobody else's result", async () => {
    const node = await cluster.start();
    receiver.answer(({ path }) => ({
      delayMs: 100,
      status: 200,
      body: path === "/nul" ? "a\u0000b" : path === "/big" ? { bytes: 1_000_000 } : "fine",
    }));
    for (const path of ["/nul", "/big", "/fine"]) await cluster.createJob(oneTime(path), { on: node });
    await receiver.waitFor(3);
    await nothingLive();
    expect(await states()).toEqual(["succeeded", "succeeded", "succeeded"]);
    const outputs = await cluster.rows<{ output: string; output_truncated: boolean }>(
      "select output, output_truncated from punctual.all_attempts",
    );
    expect(outputs.map(({ output }) => output.length).sort((a, b) => a - b)).toEqual([3, 4, 16_384]);
    expect(node.has("result_unstorable")).toBe(false);
  });

  it("among the definitions neither fires nor keeps its neighbours from firing", async () => {
    const node = await cluster.start();
    await cluster.settled(node);
    const { jobId } = await cluster.createJob({ ...oneTime("/bad"), runAt: "2099-01-01T00:00:00Z" });
    await cluster.rows('update punctual.jobs set definition = \'{"cron":"* * * * *","timezone":"Mars/Olympus"}\' where job_id = $1', [
      jobId,
    ]);
    await cluster.rows("update punctual.cursors set due_at = punctual.clock() where job_id = $1", [jobId]);
    await eventually(() => node.has("job_unusable"));
    await cluster.createJob(oneTime("/good"), { on: node });
    await receiver.waitFor(1);
    expect(receiver.requests.map(({ path }) => path)).toEqual(["/good"]);
    expect(node.events.filter((event) => event.type === "job_unusable")).toHaveLength(1);
  });

  it("among the runs ends as dead instead of going round for ever", async () => {
    const node = await cluster.start();
    const { jobId } = await cluster.createJob({ ...oneTime("/"), runAt: "2099-01-01T00:00:00Z" });
    await cluster.rows("update punctual.jobs set revision = 7 where job_id = $1", [jobId]);
    await cluster.rows(
      `insert into punctual.live_runs (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt)
       select shard, $2, job_id, tenant_id, 1, 'ready', 'manual', 4, 0, punctual.clock(), punctual.clock(), 0 from punctual.jobs where job_id = $1`,
      [jobId, occurrenceRunId(jobId, Date.now())],
    );
    const [run] = await eventually(async () => {
      const { body } = await cluster.ask("listRuns", { query: { jobId } });
      return body.items[0]?.status === "dead" && body.items;
    });
    expect(run?.reason).toBe("the job's definition cannot be used on this node");
    expect(node.engine.gauges().slotsFree).toBe(100);
  });

  it("on the wake line wakes everybody and breaks nothing", async () => {
    const node = await cluster.start();
    await cluster.settled(node);
    await cluster.rows("select pg_notify('punctual', 'not json'), pg_notify('punctual', 'null'), pg_notify('punctual', '{\"wake\":7}')");
    await cluster.createJob(oneTime("/"), { on: node });
    await receiver.waitFor(1);
    expect(node.has("loop_failed")).toBe(false);
  });
});

describe("an outage of the database", () => {
  it("is survived without a restart: every occurrence arrives once, and no node is buried", async () => {
    const nodes = [await cluster.start(), await cluster.start()];
    await cluster.settled(...nodes);
    await cluster.createJob({ every: "1s", maxRuns: 6, target: { type: "http", url: receiver.url } }, nodes[0] ? { on: nodes[0] } : {});
    await receiver.waitFor(1);
    for (const node of nodes) node.proxy.cut();
    await eventually(() => nodes.every((node) => !node.engine.trusted()));
    for (const node of nodes) node.proxy.heal();
    await receiver.waitFor(6, { timeoutMs: 10_000 });
    await nothingLive();
    expect(new Set(receiver.requests.map(({ headers }) => headers["webhook-id"])).size).toBe(6);
    expect(receiver.requests).toHaveLength(6);
    expect(nodes.map((node) => node.has("nodes_buried") || node.has("lease_lost"))).toEqual([false, false]);
    await cluster.settled(...nodes);
  });

  it("that only kills connections goes unnoticed by the jobs", async () => {
    const node = await cluster.start();
    await cluster.createJob({ every: "1s", maxRuns: 3, target: { type: "http", url: receiver.url } }, { on: node });
    for (let count = 1; count <= 3; count++) {
      await receiver.waitFor(count);
      await cluster.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name in ('engine test', 'punctual wake line')",
      );
    }
    await nothingLive(15_000);
    expect(receiver.requests).toHaveLength(3);
    expect(node.has("listener_lost")).toBe(true);
  });
});
