import type { Body } from "@punctual/contract";
import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Cluster, startCluster, type TestNode } from "../engine/cluster.ts";
import { completer } from "./completer.ts";

const publicUrl = "https://punctual.example.com";
let cluster: Cluster;
let receiver: Receiver;
let node: TestNode;
let other: TestNode;
beforeAll(async () => {
  [cluster, receiver] = await Promise.all([startCluster(), startReceiver()]);
  [node, other] = [await cluster.start({ publicUrl }), await cluster.start({ publicUrl })];
});
beforeEach(() => receiver.answer({ status: 202 }));
afterAll(async () => {
  await cluster.stop();
  await receiver.stop();
});

const { read, complete, trigger, accepted, left } = completer(() => ({ cluster, receiver, node }));
const callback = (): Body<"createJob">["target"] => ({ type: "http", url: receiver.url, completion: "callback" });

describe("a webhook that was accepted with 202", () => {
  it("goes on without a slot until its receiver completes it, and tells how far it is", async () => {
    const { runId, token, headers } = await accepted({ timeout: "2h" });
    expect(headers["punctual-completion-url"]).toBe(`${publicUrl}/v1/runs/${runId}/complete`);
    expect([node, other].map((each) => each.engine.gauges().running)).toEqual([0, 0]);
    expect(await complete(runId, token, { progress: 40, message: "page 4" })).toMatchObject({ status: 200, body: { status: "running" } });
    const under = await read(runId);
    expect(under).toMatchObject({ status: "running", worker: null, attempts: [], progress: { percent: 40, message: "page 4" } });
    expectLimit(under, 2 * 3_600_000);
    const done = await complete(runId, token, { outcome: "succeeded", output: "12 pages" });
    expect(done).toEqual({ status: 200, body: { runId, status: "succeeded", cancelRequested: false } });
    expect(await read(runId)).toMatchObject({
      ...{ status: "succeeded", leaseUntil: null },
      attempts: [{ outcome: "succeeded", output: "12 pages", statusCode: 202, mayHaveBeenSeen: true, worker: null, late: false }],
    });
  });

  it("that fails is tried again as the job's policy says, with a token of that attempt; the old one is worth nothing", async () => {
    const first = await accepted({ retry: { backoff: ["1s"], attempts: 3 } });
    expect((await complete(first.runId, first.token, { outcome: "failed", error: "no paper" })).body).toMatchObject({ status: "waiting" });
    const second = await receiver.waitFor((all) => all.some(({ headers }) => isAttempt(headers, first.runId, 2)));
    const token = String(second.find(({ headers }) => isAttempt(headers, first.runId, 2))?.headers["punctual-completion-token"]);
    expect(await complete(first.runId, first.token, { outcome: "succeeded" })).toMatchObject({
      ...{
        status: 409,
        body: { code: "lease_lost", detail: expect.stringMatching(/^Attempt 1 is over; run .* is running \(attempt 2\)\.$/) },
      },
    });
    expect((await complete(first.runId, token, { outcome: "failed", retryable: false })).body).toMatchObject({ status: "dead" });
    const { attempts } = await read(first.runId);
    expect(attempts).toMatchObject([
      { failureClass: "worker_error", error: "no paper", nextBecause: "backoff", statusCode: 202 },
      { failureClass: "worker_error", nextBecause: "refused" },
    ]);
  });

  it("outlives the node that sent it: nobody takes it for lost, and another node takes its completion", async () => {
    const dying = await cluster.start({ publicUrl });
    await cluster.settled(node, other, dying);
    const { runId, token } = await accepted({}, dying);
    dying.proxy.cut();
    await eventually(() => [node, other].some((each) => each.events.some((event) => event.type === "nodes_buried")), { timeoutMs: 10_000 });
    const [row] = await cluster.rows<{ holder: string }>("select holder from punctual.live_runs where run_id = $1", [runId]);
    expect(Number(row?.holder)).toBeLessThan(0);
    expect(await complete(runId, token, { outcome: "succeeded" }, other)).toMatchObject({ status: 200 });
    expect((await read(runId)).attempts.length).toBe(1);
  });

  it("and never completed ends as a timeout, which is retried", async () => {
    const { runId, token } = await accepted({ timeout: "10m", retry: { backoff: ["1h"], attempts: 2 } });
    await cluster.database.moveClock(9 * 60_000);
    expect(await complete(runId, token, { progress: 99 })).toMatchObject({ status: 200 });
    await cluster.database.moveClock(61_000);
    expect(await left(runId)).toMatchObject({
      status: "waiting",
      attempts: [
        { outcome: "failed", failureClass: "timeout", statusCode: 202, error: expect.stringContaining("did not complete the run") },
      ],
    });
    expect(await complete(runId, token, { outcome: "succeeded" })).toMatchObject({ status: 409, body: { code: "lease_lost" } });
    expect((await read(runId)).status).toBe("waiting");
  });

  it("has no longer than the run's deadline", async () => {
    const { runId } = await accepted({ timeout: "2h", retry: { deadline: "30m" } });
    const run = await read(runId);
    expectLimit(run, 1_800_000);
    await cluster.database.moveClock(1_801_000);
    expect(await left(runId)).toMatchObject({ status: "dead", attempts: [{ failureClass: "timeout", nextBecause: "deadline" }] });
  });

  it("keeps its place in its queue", async () => {
    await cluster.ask("putQueue", { params: { name: "narrow" }, body: { concurrency: 1 } });
    const first = await accepted({ queue: "narrow" });
    const runId = await trigger({ queue: "narrow", target: callback() });
    expect((await cluster.ask("getQueue", { params: { name: "narrow" } })).body).toMatchObject({
      running: { count: 1 },
      depth: { count: 1 },
    });
    await complete(first.runId, first.token, { outcome: "succeeded" });
    await eventually(async () => (await read(runId)).leaseUntil !== null);
  });
});

describe("the cancellation of an accepted webhook", () => {
  it("ends it within two seconds, says who asked, and that the target may have seen it", async () => {
    const { runId, token } = await accepted({});
    await cluster.ask("cancelRun", { params: { runId }, body: { reason: "wrong month" } });
    await eventually(async () => (await read(runId)).status === "cancelled", { timeoutMs: 2_000 });
    expect(await read(runId)).toMatchObject({
      ...{ endedBy: "key test (k1)", reason: "cancelled by key test (k1): wrong month", targetMayHaveSeen: true },
      attempts: [{ outcome: "cancelled", error: "cancelled; the target did not say how far it came" }],
    });
    expect(await complete(runId, token, { outcome: "succeeded" })).toMatchObject({
      ...{ status: 409, body: { detail: expect.stringContaining("is cancelled") } },
    });
  });

  it("comes with the deletion of its job, if that asks for it", async () => {
    const { runId, jobId } = await accepted({});
    await cluster.ask("deleteJob", { params: { jobId }, query: { runs: "cancel" } });
    expect(await left(runId)).toMatchObject({ status: "cancelled", reason: "the job was deleted by key test (k1)" });
  });
});

/** The run may be completed for so long from its start; a little longer on a slow machine, but never shorter. */
function expectLimit({ leaseUntil, startedAt }: { leaseUntil: string | null; startedAt: string | null }, limitMs: number): void {
  const givenMs = Date.parse(leaseUntil ?? "") - Date.parse(startedAt ?? "");
  expect(givenMs).toBeGreaterThanOrEqual(limitMs);
  expect(givenMs).toBeLessThan(limitMs + 10_000);
}

function isAttempt(headers: { [name: string]: unknown }, runId: string, attempt: number): boolean {
  return headers["webhook-id"] === runId && headers["punctual-attempt"] === String(attempt);
}
