import { eventually } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Cluster, startCluster, type TestNode } from "../engine/cluster.ts";
import { type TestWorker, triggered, workerOf } from "./worker.ts";

let cluster: Cluster;
let node: TestNode;
let worker: TestWorker;
beforeEach(async () => {
  cluster = await startCluster();
  node = await cluster.start();
  worker = workerOf(cluster, node);
});
afterEach(async () => {
  if (node.failures.length > 0) throw new Error(`the node failed: ${node.failures.join(", ")}`);
  await cluster.stop();
});

const ready = (...more: Parameters<typeof triggered> extends [unknown, unknown, ...infer R] ? R : never) =>
  triggered(cluster, node, ...more);
/** Resolves when the run has left the hands it was in. */
const taken = (runId: string) =>
  eventually(async () => ((await worker.read(runId)).status === "running" ? false : worker.read(runId)), { timeoutMs: 10_000 });

describe("a lease", () => {
  it("brings all that is needed to do the run, and its completion ends it", async () => {
    const { jobId, runIds } = await ready({ name: "report", payload: { month: 3 }, timeout: "10m" });
    const run = await worker.leaseOne();
    expect(run).toMatchObject({
      ...{ runId: runIds[0], jobId, jobName: "report", queue: "q", attempt: 1, payload: { month: 3 }, heartbeatEvery: "10s" },
      ...{ idempotencyKey: runIds[0], traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/) },
    });
    expect(Date.parse(run.endsAt) - Date.parse(run.leaseUntil)).toBe(9.5 * 60_000);
    expect(await worker.read(run.runId)).toMatchObject({ status: "running", worker: "w1", leaseUntil: run.leaseUntil });
    const done = await worker.complete(run, { output: "12 pages" });
    expect(done).toEqual({ status: 200, body: { results: [{ runId: run.runId, status: 200, run: "succeeded" }] } });
    expect(await worker.read(run.runId)).toMatchObject({
      ...{ status: "succeeded", worker: null, leaseUntil: null, progress: null },
      attempts: [{ attempt: 1, outcome: "succeeded", output: "12 pages", worker: "w1", nodeId: null, mayHaveBeenSeen: true, late: false }],
    });
  });

  it("ends by the database's clock; the run is handed back, and a completion that comes late gets 409 and changes nothing", async () => {
    await ready({ retry: { backoff: ["1h"] } });
    const run = await worker.leaseOne({ lease: "5s" });
    await cluster.database.moveClock(6_000);
    const lost = await taken(run.runId);
    expect(lost).toMatchObject({ status: "waiting", attempt: 1, attempts: [{ outcome: "lost", failureClass: "lost", worker: "w1" }] });
    expect(await worker.complete(run, { output: "too late" })).toMatchObject({ status: 409, body: { code: "lease_lost" } });
    await worker.complete(run, { output: "too late" });
    const after = await worker.read(run.runId);
    expect(after).toMatchObject({ status: "waiting", attempt: 1, nextAttemptAt: lost.nextAttemptAt });
    expect(after.attempts).toMatchObject([
      { outcome: "lost", late: false },
      { outcome: "succeeded", late: true, output: "too late", worker: "w1" },
    ]);
    expect(await worker.beat(run)).toEqual({ runId: run.runId, status: "lost", leaseUntil: null, reason: null });
  });

  it("is extended by beats, and ends at the run's maximum time however often its worker beats", async () => {
    await ready({ timeout: "20s", retry: { attempts: 1 } });
    const run = await worker.leaseOne({ lease: "8s" });
    await cluster.database.moveClock(6_000);
    const beaten = await worker.beat(run);
    expect(beaten?.status).toBe("extended");
    expect(Date.parse(beaten?.leaseUntil ?? "")).toBeGreaterThanOrEqual(Date.parse(run.leaseUntil) + 6_000);
    await cluster.database.moveClock(7_000);
    expect((await worker.beat(run))?.leaseUntil).toBe(run.endsAt);
    await cluster.database.moveClock(7_500);
    const ended = await taken(run.runId);
    expect(ended).toMatchObject({ status: "dead", attempts: [{ outcome: "failed", failureClass: "timeout", worker: "w1" }] });
    expect((await worker.beat(run))?.status).toBe("lost");
  });

  it("is no longer than the run's maximum time, also without a beat", async () => {
    await ready({ timeout: "2s", retry: { attempts: 1 } });
    const run = await worker.leaseOne({ lease: "10m" });
    expect(run.leaseUntil).toBe(run.endsAt);
    await cluster.database.moveClock(2_100);
    expect(await taken(run.runId)).toMatchObject({ status: "dead", attempts: [{ failureClass: "timeout" }] });
  });
});

describe("the deadline of a worker's run", () => {
  const job = { timeout: "2h", retry: { deadline: "30m", backoff: ["10s"], attempts: 5 } };

  it("ends its lease sooner than its timeout would, in each attempt by what is left of it", async () => {
    await ready(job);
    const first = await worker.leaseOne();
    expect(Date.parse(first.endsAt) - Date.parse(first.leaseUntil)).toBe(29.5 * 60_000);
    await worker.complete(first, { outcome: "failed" });
    await cluster.database.moveClock(20 * 60_000);
    const second = await worker.leaseOne({ wait: "10s", lease: "10m" });
    expect(second).toMatchObject({ attempt: 2, endsAt: first.endsAt, leaseUntil: first.endsAt });
    await cluster.database.moveClock(10 * 60_000);
    expect(await taken(second.runId)).toMatchObject({
      status: "dead",
      attempts: [{}, { failureClass: "timeout", nextBecause: "deadline" }],
    });
  });

  it("that passed while it waited ends it: no worker gets it any more", async () => {
    const [runId = ""] = (await ready(job)).runIds;
    await worker.complete(await worker.leaseOne(), { outcome: "failed" });
    await cluster.database.moveClock(31 * 60_000);
    await eventually(async () => (await worker.lease({ wait: "1s" })).length === 0 && (await worker.read(runId)).status === "dead");
    expect((await worker.read(runId)).attempts[1]).toMatchObject({
      ...{ outcome: "failed", failureClass: "timeout", nextBecause: "deadline", mayHaveBeenSeen: false, worker: null },
      error: "the run's deadline had passed before a worker took it",
    });
  });
});

describe("a completion", () => {
  it("of another worker's run, with a made-up token, twice, or after its end changes nothing", async () => {
    await ready({}, 2);
    const [mine, theirs] = [await worker.leaseOne(), await workerOf(cluster, node, "w2").leaseOne()];
    expect(await worker.complete({ ...theirs, leaseToken: mine.leaseToken })).toMatchObject({ status: 409, body: { code: "lease_lost" } });
    expect((await worker.complete({ ...theirs, leaseToken: `${theirs.leaseToken.slice(0, -22)}${"A".repeat(22)}` })).status).toBe(409);
    expect((await worker.complete({ ...theirs, leaseToken: "garbage" })).status).toBe(409);
    expect(await worker.read(theirs.runId)).toMatchObject({ status: "running", worker: "w2", attempts: [] });
    expect((await worker.complete(mine)).status).toBe(200);
    expect((await worker.complete(mine, { outcome: "failed" })).status).toBe(409);
    const after = await worker.read(mine.runId);
    expect(after.status).toBe("succeeded");
    expect(after.attempts.filter((attempt) => !attempt.late)).toMatchObject([{ outcome: "succeeded" }]);
  });

  it("of another tenant's run is refused, whatever token it shows", async () => {
    await ready();
    const run = await worker.leaseOne();
    const { apiKey } = await cluster.addTenantWithKey("other");
    const stranger = workerOf(cluster, node, "w1", apiKey);
    expect((await stranger.complete(run)).status).toBe(409);
    expect((await stranger.beat(run))?.status).toBe("lost");
    expect((await worker.read(run.runId)).status).toBe("running");
    expect(await stranger.lease()).toEqual([]);
  });

  it("that failed is followed by another attempt as the job's policy says, and by none when the worker says so", async () => {
    await ready({ retry: { backoff: ["10s"], attempts: 3 } }, 3);
    const runs = await worker.lease({ batch: 3, wait: "10s" });
    const told = [{ error: "disk full" }, { retryable: false }, { retryAfter: "5m" }];
    const results = runs.map(({ runId, leaseToken }, index) => ({ runId, leaseToken, outcome: "failed" as const, ...told[index] }));
    const { body } = await worker.ask("completeRuns", { worker: "w1", results });
    expect(body.results.map(({ run }) => run)).toEqual(["waiting", "dead", "waiting"]);
    const [plain, final, later] = await Promise.all(runs.map(({ runId }) => worker.read(runId)));
    expect(plain?.attempts).toMatchObject([{ failureClass: "worker_error", error: "disk full", nextBecause: "backoff" }]);
    expect(final?.attempts).toMatchObject([{ nextBecause: "refused" }]);
    expect(later?.attempts).toMatchObject([{ nextBecause: "retry_after" }]);
    await cluster.database.moveClock(10_100);
    expect(await worker.leaseOne({ wait: "10s" })).toMatchObject({ runId: runs[0]?.runId, attempt: 2 });
  });

  it("of a batch is judged result by result", async () => {
    await ready({}, 2);
    const runs = await worker.lease({ batch: 10, wait: "10s" });
    const [one, two] = runs.map(({ runId, leaseToken }) => ({ runId, leaseToken, outcome: "succeeded" as const }));
    if (!one || !two) throw new Error(`expected two runs, got ${runs.length}`);
    const { status, body } = await worker.ask("completeRuns", { worker: "w1", results: [one, { ...two, leaseToken: "x" }, one] });
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { status: 200, run: "succeeded" },
      { status: 409, problem: { code: "lease_lost" } },
      { status: 409 },
    ]);
  });
});

describe("a cancellation", () => {
  it("reaches the worker with its next beat, and ends the run when the worker has stopped", async () => {
    await ready();
    const run = await worker.leaseOne();
    await cluster.ask("cancelRun", { params: { runId: run.runId }, body: { reason: "wrong month" } });
    expect(await worker.beat(run)).toMatchObject({ status: "cancel", reason: expect.stringContaining("wrong month") });
    expect((await worker.complete(run, { outcome: "cancelled" })).body).toMatchObject({ results: [{ run: "cancelled" }] });
    const after = await worker.read(run.runId);
    expect(after).toMatchObject({
      status: "cancelled",
      reason: expect.stringContaining("wrong month"),
      attempts: [{ outcome: "cancelled" }],
    });
  });

  it("does not undo work that was done, and ends the run of a worker that fell silent", async () => {
    await ready({}, 2);
    const [done, silent] = [await worker.leaseOne(), await worker.leaseOne()];
    for (const { runId } of [done, silent]) await cluster.ask("cancelRun", { params: { runId }, body: {} });
    expect((await worker.complete(done)).body).toMatchObject({ results: [{ run: "succeeded" }] });
    await cluster.database.moveClock(31_000);
    expect(await taken(silent.runId)).toMatchObject({ status: "cancelled", attempts: [{ outcome: "cancelled" }] });
  });
});

describe("progress", () => {
  it("is seen while the run is under way, from 0 to 100 and not beyond", async () => {
    await ready();
    const run = await worker.leaseOne();
    await worker.beat(run, { progress: 40, message: "page 4 of 10" });
    await worker.beat(run, { progress: 41 });
    expect((await worker.read(run.runId)).progress).toEqual({ percent: 41, message: "page 4 of 10" });
    const { runId, leaseToken } = run;
    for (const wrong of [{ progress: 101 }, { progress: -1 }, { progress: 1.5 }, { message: "\u001b[2J" }]) {
      const { status, body } = await worker.ask("heartbeatRuns", { worker: "w1", runs: [{ runId, leaseToken, ...wrong }] });
      expect([status, body.code]).toEqual([422, "request_invalid"]);
    }
    expect((await worker.read(run.runId)).progress?.percent).toBe(41);
  });
});
