import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type Cluster, startCluster, type TestNode } from "./cluster.ts";

let cluster: Cluster;
let receiver: Receiver;
let node: TestNode;
beforeAll(async () => {
  [cluster, receiver] = await Promise.all([startCluster(), startReceiver()]);
  node = await cluster.start();
  await cluster.settled(node);
});
beforeEach(() => receiver.answer({}));
afterAll(async () => {
  await cluster.stop();
  await receiver.stop();
});

const trigger = async (jobId: string): Promise<string> => (await cluster.ask("triggerJob", { params: { jobId } }, { on: node })).body.runId;
const read = async (runId: string) => (await cluster.ask("getRun", { params: { runId } })).body;
const yearly = (retry: object) => ({ cron: "0 0 1 1 *", target: { type: "http" as const, url: receiver.url }, retry });

it("a failed run tells when and why its next attempt comes, and makes it then", async () => {
  const { jobId } = await cluster.createJob(yearly({ attempts: 2, backoff: ["1s"] }));
  receiver.answer({ status: 503 });
  const runId = await trigger(jobId);
  await eventually(async () => (await read(runId)).status === "waiting");
  const waiting = await read(runId);
  expect(waiting.attempts).toMatchObject([{ attempt: 1, statusCode: 503, nextBecause: "backoff", nextAttemptAt: waiting.nextAttemptAt }]);
  await eventually(async () => (await read(runId)).status === "dead");
  const { attempts, reason } = await read(runId);
  expect([attempts.map((each) => each.nextBecause), attempts[1]?.nextAttemptAt]).toEqual([["backoff", "attempts_used_up"], null]);
  expect(reason).toBe("all attempts failed");
  expect(Date.parse(attempts[1]?.startedAt ?? "") - Date.parse(attempts[0]?.nextAttemptAt ?? "")).toBeGreaterThanOrEqual(-5);
});

it("a target that sends Punctual-No-Retry is not asked again", async () => {
  const { jobId } = await cluster.createJob(yearly({}));
  receiver.answer({ status: 503, headers: { "punctual-no-retry": "True" } });
  const runId = await trigger(jobId);
  await eventually(async () => (await read(runId)).status === "dead");
  expect((await read(runId)).attempts).toMatchObject([{ attempt: 1, nextBecause: "refused", nextAttemptAt: null }]);
});

it("a target that answers 410 ends the run and pauses its job, which says why", async () => {
  const { jobId } = await cluster.createJob(yearly({}));
  receiver.answer({ status: 410 });
  const runId = await trigger(jobId);
  const job = async () => (await cluster.ask("getJob", { params: { jobId } })).body;
  await eventually(async () => (await job()).status === "paused");
  expect(await job()).toMatchObject({ pauseReason: expect.stringContaining("410"), nextRunAt: null });
  await eventually(async () => (await read(runId)).status === "dead");
  expect((await read(runId)).attempts).toMatchObject([{ nextBecause: "gone" }]);
});

it("a dead run that is retried by hand keeps its id and gets another attempt", async () => {
  const { jobId } = await cluster.createJob(yearly({ attempts: 1 }));
  receiver.answer({ status: 500 });
  const runId = await trigger(jobId);
  await eventually(async () => (await read(runId)).status === "dead");
  receiver.answer({});
  const { body } = await cluster.ask("retryRun", { params: { runId } }, { on: node });
  expect(body).toMatchObject({ runId, status: expect.stringMatching(/ready|running|succeeded/), finishedAt: null });
  await eventually(async () => (await read(runId)).status === "succeeded");
  expect((await read(runId)).attempts.map((each) => [each.attempt, each.outcome])).toEqual([
    [1, "failed"],
    [2, "succeeded"],
  ]);
  await expect(cluster.ask("retryRun", { params: { runId } })).rejects.toMatchObject({ code: "run_not_retryable" });
});

it("a run that is run again is a new one with the old one's payload, linked to it; the old one stays", async () => {
  const { jobId } = await cluster.createJob(yearly({}));
  const before = receiver.requests.length;
  const { body: first } = await cluster.ask("triggerJob", { params: { jobId }, body: { payload: "mine" } }, { on: node });
  await eventually(async () => (await read(first.runId)).status === "succeeded");
  const { body: second } = await cluster.ask("runAgain", { params: { runId: first.runId } }, { on: node });
  expect(second).toMatchObject({ kind: "manual", jobId, rerunOf: first.runId });
  expect(second.runId).not.toBe(first.runId);
  await eventually(async () => (await read(second.runId)).status === "succeeded");
  expect(receiver.requests.slice(before).map(({ body }) => body)).toEqual(["mine", "mine"]);
  expect(await read(second.runId)).toMatchObject({ rerunOf: first.runId });
  expect(await read(first.runId)).toMatchObject({ status: "succeeded", rerunOf: null });
});
