import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { verifyWebhook } from "../../../client/src/webhook.ts";
import { type Cluster, startCluster, type TestNode } from "./cluster.ts";

let cluster: Cluster;
let receiver: Receiver;
let nodes: [TestNode, TestNode];
beforeAll(async () => {
  [cluster, receiver] = await Promise.all([startCluster(), startReceiver()]);
  nodes = [await cluster.start(), await cluster.start()];
  await cluster.settled(...nodes);
});
beforeEach(() => receiver.answer({}));
afterAll(async () => {
  await cluster.stop();
  await receiver.stop();
});

const read = async (runId: string) => (await cluster.ask("getRun", { params: { runId } })).body;
const yearly = (url: string) => ({ cron: "0 0 1 1 *", target: { type: "http" as const, url } });

/** A run that `node` is carrying out, and whose target does not answer. */
async function underWay(node: TestNode): Promise<{ jobId: string; runId: string }> {
  receiver.answer({ refuse: "hang" });
  const before = receiver.requests.length;
  const { jobId } = await cluster.createJobOn(node, yearly(receiver.url));
  const { runId } = (await cluster.ask("triggerJob", { params: { jobId } }, { on: node })).body;
  await receiver.waitFor(before + 1);
  return { jobId, runId };
}

it("a run under way ends within two seconds of its cancellation, whichever node holds it, and tells by whom and what was sent", async () => {
  for (const [holder, other] of [nodes, [...nodes].reverse() as typeof nodes] as const) {
    const { runId } = await underWay(holder);
    const asked = await cluster.ask("cancelRun", { params: { runId }, body: { reason: "wrong customer" } }, { on: other });
    expect(asked.body).toMatchObject({ status: "running", endedBy: "key test (k1)" });
    expect((await read(runId)).targetMayHaveSeen).toBeNull();
    await eventually(async () => (await read(runId)).status === "cancelled", { timeoutMs: 2_000 });
    expect(await read(runId)).toMatchObject({
      ...{ endedBy: "key test (k1)", reason: "cancelled by key test (k1): wrong customer", targetMayHaveSeen: true, attempt: 1 },
      attempts: [{ outcome: "cancelled", failureClass: "cancelled", nodeId: holder.engine.nodeId(), mayHaveBeenSeen: true }],
    });
    expect(holder.engine.gauges().running).toBe(0);
  }
});

it("cancelling a job's runs stops those under way as well", async () => {
  const { jobId, runId } = await underWay(nodes[0]);
  const asked = await cluster.ask("cancelJobRuns", { params: { jobId } }, { on: nodes[1] });
  expect(asked.body).toEqual({ cancelled: 0, cancelling: 1 });
  await eventually(async () => (await read(runId)).status === "cancelled", { timeoutMs: 2_000 });
});

it("a run that waits for its retry is cancelled at once, and what its target has seen of it is kept", async () => {
  receiver.answer({ status: 503 });
  const { jobId } = await cluster.createJob({ ...yearly(receiver.url), retry: { backoff: ["1h"] } });
  const { runId } = (await cluster.ask("triggerJob", { params: { jobId } }, { on: nodes[0] })).body;
  await eventually(async () => (await read(runId)).status === "waiting");
  expect((await cluster.ask("cancelRun", { params: { runId } })).body).toMatchObject({ status: "cancelled", attempt: 1 });
  expect(await read(runId)).toMatchObject({ targetMayHaveSeen: true, endedBy: "key test (k1)" });
});

it("a run whose target could not be reached is cancelled with the certainty that nothing was sent", async () => {
  const { jobId } = await cluster.createJob({ ...yearly("http://127.0.0.1:9/"), retry: { backoff: ["1h"] } });
  const { runId } = (await cluster.ask("triggerJob", { params: { jobId } }, { on: nodes[0] })).body;
  await eventually(async () => (await read(runId)).status === "waiting");
  await cluster.ask("cancelRun", { params: { runId } });
  expect(await read(runId)).toMatchObject({ status: "cancelled", attempt: 1, targetMayHaveSeen: false });
});

it("deleting a job lets its run under way finish, with its retries and their signature, unless it is asked to stop", async () => {
  receiver.answer({ status: 503, delayMs: 200 });
  const before = receiver.requests.length;
  const own = {
    ...yearly(receiver.url),
    target: { type: "http" as const, url: receiver.url, signing: "own" as const },
    retry: { backoff: ["1s"] },
  };
  const { signingSecret, jobId } = (await cluster.ask("createJob", { body: own })).body;
  const { runId } = (await cluster.ask("triggerJob", { params: { jobId } }, { on: nodes[0] })).body;
  await receiver.waitFor(before + 1);
  await cluster.ask("deleteJob", { params: { jobId }, query: {} });
  receiver.answer({});
  await eventually(async () => (await read(runId)).status === "succeeded");
  expect((await read(runId)).attempts.map((each) => each.outcome)).toEqual(["failed", "succeeded"]);
  const { headers, body } = receiver.requests.at(-1) as (typeof receiver.requests)[number];
  expect(verifyWebhook({ secrets: [signingSecret ?? ""], headers, body })).toMatchObject({ runId, attempt: 2 });
});

it("deleting a job with runs: cancel stops what is under way", async () => {
  const { jobId, runId } = await underWay(nodes[1]);
  await cluster.ask("deleteJob", { params: { jobId }, query: { runs: "cancel" } });
  await eventually(async () => (await read(runId)).status === "cancelled", { timeoutMs: 2_000 });
  expect(await read(runId)).toMatchObject({ reason: "the job was deleted by key test (k1)", endedBy: "key test (k1)" });
});
