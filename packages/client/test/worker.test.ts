import { eventually } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Cluster, startCluster, type TestNode } from "../../server/test/engine/cluster.ts";
import { triggered, workerOf } from "../../server/test/workers/worker.ts";
import { NonRetryableError, RetryLaterError, type RunAbortedError, Worker, type WorkerOptions, type WorkerRun } from "../src/index.ts";

let cluster: Cluster;
let node: TestNode;
const workers: Worker[] = [];
beforeEach(async () => {
  cluster = await startCluster();
  node = await cluster.start();
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  await cluster.stop();
});

function start(handler: (run: WorkerRun) => unknown, more: Partial<WorkerOptions> = {}): Worker {
  const worker = new Worker({
    baseUrl: node.url,
    apiKey: cluster.apiKey,
    queue: "q",
    name: "w1",
    drainMs: 500,
    handler,
    ...more,
  });
  workers.push(worker);
  worker.start();
  return worker;
}
const read = (runId: string) => workerOf(cluster, node).read(runId);
const ended = (runId: string, timeoutMs = 10_000) =>
  eventually(
    async () => {
      const run = await read(runId);
      return run.finishedAt === null && run.status !== "waiting" ? false : run;
    },
    { timeoutMs },
  );
/** A promise to be settled from outside. */
function signal<T = void>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
const abortOf = (run: WorkerRun): Promise<RunAbortedError> =>
  new Promise((resolve) => run.signal.addEventListener("abort", () => resolve(run.signal.reason as RunAbortedError)));

describe("a worker", () => {
  it("does the runs of its queue, and tells their output, log and progress", async () => {
    const seen: WorkerRun[] = [];
    const gate = signal();
    start(async (run) => {
      seen.push(run);
      run.log("begun");
      run.log("half \u001b[31mdone", "warn");
      run.progress(50, "half");
      await gate.promise;
      return { pages: 12 };
    });
    const { jobId, runIds } = await triggered(cluster, node, { name: "report", payload: { month: 3 } });
    const runId = runIds[0] as string;
    await eventually(async () => (await read(runId)).progress?.percent === 50, { timeoutMs: 15_000 });
    gate.resolve();
    expect(await ended(runId)).toMatchObject({ status: "succeeded", attempts: [{ output: '{"pages":12}', worker: "w1" }] });
    expect(seen).toMatchObject([{ runId, idempotencyKey: runId, jobId, jobName: "report", queue: "q", attempt: 1, payload: { month: 3 } }]);
    const { body } = await workerOf(cluster, node).get(`/v1/runs/${runId}/logs`);
    expect(body.items).toMatchObject([
      { line: 1, level: "info", message: "begun" },
      { line: 2, level: "warn", message: "half ␛[31mdone" },
    ]);
  });

  it("never does more runs at once than it may", async () => {
    let now = 0;
    let most = 0;
    let done = 0;
    start(
      async () => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        now--;
        done++;
      },
      { concurrency: 3 },
    );
    await triggered(cluster, node, {}, 12);
    await eventually(() => done === 12, { timeoutMs: 15_000 });
    expect(most).toBeLessThanOrEqual(3);
  });

  it("aborts a run that is cancelled within 2 s, and the run ends as cancelled", async () => {
    const aborted = signal<RunAbortedError>();
    start(async (run) => {
      aborted.resolve(await abortOf(run));
      throw run.signal.reason;
    });
    const { runIds } = await triggered(cluster, node);
    const runId = runIds[0] as string;
    await eventually(async () => (await read(runId)).status === "running");
    const at = performance.now();
    await cluster.ask("cancelRun", { params: { runId }, body: { reason: "enough" } });
    expect((await aborted.promise).why).toBe("cancelled");
    expect(performance.now() - at).toBeLessThan(2_000);
    expect(await ended(runId)).toMatchObject({ status: "cancelled", reason: expect.stringContaining("enough") });
  });

  it("aborts a run that was given to another, and drops what comes of it", async () => {
    const aborted = signal<RunAbortedError>();
    start(async (run) => {
      aborted.resolve(await abortOf(run));
      return "too late";
    });
    const { runIds } = await triggered(cluster, node, { retry: { backoff: ["1h"] } });
    const runId = runIds[0] as string;
    await eventually(async () => (await read(runId)).status === "running");
    // The database takes the lease away, whatever the worker beats.
    await cluster.rows("update punctual.live_runs set expires_at = punctual.clock() - interval '1 minute' where run_id = $1", [runId]);
    await cluster.rows("update punctual.live_runs set holder = holder - 1 where run_id = $1", [runId]);
    expect((await aborted.promise).why).toBe("lease_lost");
    const after = await ended(runId);
    expect(after).toMatchObject({ status: "waiting", attempts: [{ outcome: "lost" }] });
  });

  it("tells by what its handler throws whether and when the run is tried again", async () => {
    start((run) => {
      if (run.payload === "never") throw new NonRetryableError("no such customer");
      if (run.payload === "later") throw new RetryLaterError(3_600_000, "come back later");
      throw new Error("broken");
    });
    const of = async (payload: string) =>
      (await triggered(cluster, node, { payload, retry: { backoff: ["10m"], attempts: 2 } })).runIds[0] as string;
    const [never, later, plain] = [await of("never"), await of("later"), await of("plain")];
    expect(await ended(never)).toMatchObject({ status: "dead", attempts: [{ error: "no such customer", nextBecause: "refused" }] });
    expect(await ended(later)).toMatchObject({ status: "waiting", attempts: [{ error: "come back later", nextBecause: "retry_after" }] });
    expect(await ended(plain)).toMatchObject({ attempts: [{ failureClass: "worker_error", error: "broken", nextBecause: "backoff" }] });
  });

  it("finishes what it does when it is stopped, and begins nothing more", async () => {
    const gate = signal();
    const worker = start(() => gate.promise, { concurrency: 1, drainMs: 10_000 });
    const { runIds } = await triggered(cluster, node, {}, 2);
    await eventually(() => worker.running === 1);
    const stopped = worker.stop();
    gate.resolve();
    await stopped;
    expect(await read(runIds[0] as string)).toMatchObject({ status: "succeeded" });
    expect(await read(runIds[1] as string)).toMatchObject({ status: "ready" });
  });

  it("aborts what is not done by the end of its drain; the run is tried again elsewhere, at once told", async () => {
    const worker = start((run) => abortOf(run).then((reason) => Promise.reject(reason)), { drainMs: 50 });
    const deaf = start(() => new Promise(() => {}), { drainMs: 50, name: "deaf", queue: "deaf" });
    const { runIds } = await triggered(cluster, node, { retry: { backoff: ["1h"] } });
    const other = await triggered(cluster, node, { retry: { backoff: ["1h"] }, target: { type: "worker", queue: "deaf" } });
    await eventually(() => worker.running === 1 && deaf.running === 1);
    await Promise.all([worker.stop(), deaf.stop()]);
    for (const runId of [runIds[0], other.runIds[0]] as string[])
      expect(await read(runId)).toMatchObject({ status: "waiting", attempts: [{ error: "the worker stopped before the run was done" }] });
  });

  it("survives a server that is away: what was done meanwhile counts, and new runs are leased once it is back", async () => {
    const gate = signal();
    const failures: unknown[] = [];
    const { url } = node;
    let away = false;
    const through: typeof fetch = (input, init) => (away ? Promise.reject(new TypeError("fetch failed")) : fetch(input, init));
    start((run) => (run.payload === "slow" ? gate.promise : "quick"), {
      baseUrl: url,
      fetch: through,
      onError: (error) => void failures.push(error),
    });
    const slow = (await triggered(cluster, node, { payload: "slow" })).runIds[0] as string;
    await eventually(async () => (await read(slow)).status === "running");
    away = true;
    gate.resolve();
    await eventually(() => failures.length >= 2, { timeoutMs: 10_000 });
    expect((await read(slow)).status).toBe("running");
    away = false;
    expect(await ended(slow)).toMatchObject({ status: "succeeded" });
    const quick = (await triggered(cluster, node, { payload: "quick" })).runIds[0] as string;
    expect(await ended(quick, 15_000)).toMatchObject({ status: "succeeded", attempts: [{ output: "quick" }] });
  });
});
