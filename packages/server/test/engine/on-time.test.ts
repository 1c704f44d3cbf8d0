import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Cluster, startCluster } from "./cluster.ts";

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

describe("one node", () => {
  it("delivers every occurrence of an every-second job once, under the run's id, signed, and soon after its time", async () => {
    const node = await cluster.start();
    const { jobId } = await cluster.createJob({ every: "1s", target: target(), payload: { n: 1 } }, { on: node });
    await receiver.waitFor(4, { timeoutMs: 10_000 });
    await cluster.ask("pauseJob", { params: { jobId } });
    const runs = await eventually(async () => {
      const { body } = await cluster.ask("listRuns", { query: { jobId } });
      return body.items.every((run) => run.status === "succeeded") && body.items.length >= 4 && body.items;
    });
    const received = receiver.requests.map((request) => request.headers["webhook-id"]);
    expect(new Set(received)).toEqual(new Set(runs.map((run) => run.runId)));
    expect(received).toHaveLength(runs.length);
    const nominal = runs.map((run) => Date.parse(run.nominalAt)).sort((a, b) => a - b);
    expect(nominal.map((at) => at - (nominal[0] ?? 0))).toEqual(nominal.map((_, index) => index * 1_000));
    for (const { headers, body } of receiver.requests) {
      expect(() => new Webhook(cluster.signingSecret).verify(body, headers as Record<string, string>)).not.toThrow();
    }
    for (const run of runs) expect(Date.parse(run.startedAt ?? "") - Date.parse(run.nominalAt)).toBeLessThan(2_000);
  });

  it("runs a one-time job of the past at once, and shows by how much it was late", async () => {
    const node = await cluster.start();
    const runAt = new Date(Date.now() - 3_600_000).toISOString();
    const { jobId } = await cluster.createJob({ runAt, target: target() }, { on: node });
    await receiver.waitFor(1);
    const [run] = await ended(jobId);
    expect(run).toMatchObject({ nominalAt: runAt, status: "succeeded", attempt: 1 });
    expect(run?.lagMs).toBeGreaterThanOrEqual(3_600_000);
  });

  it("fires exactly maxRuns occurrences", async () => {
    const node = await cluster.start();
    const { jobId } = await cluster.createJob({ every: "1s", maxRuns: 2, target: target() }, { on: node });
    await receiver.waitFor(2);
    const job = await eventually(async () => {
      const { body } = await cluster.ask("getJob", { params: { jobId } });
      return body.status === "completed" && body;
    });
    expect(job.nextRunAt).toBeNull();
    expect((await ended(jobId)).length).toBe(2);
    expect(await cluster.rows("select from punctual.cursors")).toEqual([]);
  });

  it("lets the run of a deleted job finish", async () => {
    const node = await cluster.start();
    receiver.answer({ delayMs: 300 });
    const { jobId } = await cluster.createJob({ runAt: new Date().toISOString(), target: target() }, { on: node });
    await receiver.waitFor(1);
    await cluster.ask("deleteJob", { params: { jobId } });
    const [run] = await eventually(async () => {
      const found = await cluster.rows<{ state: string }>("select state from punctual.finished_runs where job_id = $1", [jobId]);
      return found.length > 0 && found;
    });
    expect(run?.state).toBe("succeeded");
    expect(node.has("loop_failed")).toBe(false);
  });

  it("starts the more urgent of the runs that wait, whatever their shard, and the older of equals", async () => {
    const node = await cluster.start({ slots: 1 });
    receiver.answer({ delayMs: 400 });
    await cluster.createJob({ runAt: new Date().toISOString(), target: target("/first") }, { on: node });
    await receiver.waitFor(1);
    for (const priority of [0, 9, 4, 9]) {
      const order = receiver.requests.length;
      await cluster.createJob({ runAt: new Date().toISOString(), priority, target: target(`/${priority}-${order}`) }, { on: node });
      await eventually(async () => (await cluster.rows("select from punctual.cursors")).length === 0);
    }
    receiver.answer({});
    await receiver.waitFor(5);
    expect(receiver.requests.map(({ path }) => path.slice(1, 2))).toEqual(["f", "9", "9", "4", "0"]);
  });
});

describe("two nodes", () => {
  it("wakes the owner on another node at once", async () => {
    const [a, b] = [await cluster.start(), await cluster.start()];
    await cluster.settled(a, b);
    const far = { runAt: "2099-01-01T00:00:00Z", target: target("/woken") };
    const { jobId } = await cluster.createJobOn(b, far);
    const tookMs: number[] = [];
    for (let count = 1; count <= 5; count++) {
      const askedMs = performance.now();
      await cluster.ask("triggerJob", { params: { jobId } }, { on: a });
      await receiver.waitFor(count);
      tookMs.push(performance.now() - askedMs);
    }
    // Polling takes half a second on average; one that takes longer on a busy machine says nothing.
    expect(tookMs.sort((x, y) => x - y)[2]).toBeLessThan(300);
  });

  it("finds what it was not told of by polling", async () => {
    const deaf = await cluster.start({ listenUrl: "postgres://nobody@127.0.0.1:1/none" });
    await cluster.settled(deaf);
    await eventually(() => deaf.has("loop_failed"));
    await cluster.createJob({ runAt: new Date().toISOString(), target: target("/polled") });
    await receiver.waitFor(1, { timeoutMs: 2_500 });
    expect(deaf.has("shards_changed")).toBe(true);
  });
});

/** The job's runs, once all of them have ended. */
function ended(jobId: string) {
  return eventually(async () => {
    const { body } = await cluster.ask("listRuns", { query: { jobId } });
    return body.items.length > 0 && body.items.every((run) => run.finishedAt !== null) && body.items;
  });
}
