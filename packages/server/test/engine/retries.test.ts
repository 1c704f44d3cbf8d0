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

it("the run's deadline stops an attempt under way, ends the run, and says so", async () => {
  const { jobId } = await cluster.createJob(yearly({ deadline: "1s", retryOn: { classes: [] } }));
  receiver.answer({ refuse: "hang" });
  const runId = await trigger(jobId);
  await eventually(async () => (await read(runId)).status === "dead");
  const { attempts, reason } = await read(runId);
  expect(attempts).toMatchObject([{ failureClass: "timeout", nextBecause: "deadline", mayHaveBeenSeen: true }]);
  expect(attempts[0]?.error).toMatch(/^the run's deadline, 1s after it began, came; /);
  expect(reason).toContain("deadline");
  expect(attempts[0]?.durationMs).toBeLessThan(5_000);
});

it("a run whose deadline passed while it waited for its turn is not sent any more; retried by hand, it has its time anew", async () => {
  const { jobId } = await cluster.createJob(yearly({ deadline: "2s", backoff: ["1s"] }));
  receiver.answer({ status: 503 });
  const runId = await trigger(jobId);
  await eventually(async () => (await read(runId)).status === "waiting");
  await cluster.rows("update punctual.live_runs set started_at = started_at - interval '1 hour' where run_id = $1", [runId]);
  const sent = receiver.requests.length;
  await eventually(async () => (await read(runId)).status === "dead");
  const { attempts } = await read(runId);
  expect(attempts[1]).toMatchObject({ failureClass: "timeout", nextBecause: "deadline", mayHaveBeenSeen: false });
  expect(attempts[1]?.error).toContain("had passed before this attempt could begin");
  expect(receiver.requests).toHaveLength(sent);
  receiver.answer({});
  await cluster.ask("retryRun", { params: { runId } }, { on: node });
  await eventually(async () => (await read(runId)).status === "succeeded");
});

it("a job that was edited while its target answered 410 is not paused: the new target may be the mended one", async () => {
  const { jobId } = await cluster.createJob(yearly({}));
  receiver.answer({ status: 410, delayMs: 300 });
  const sent = receiver.requests.length;
  const runId = await trigger(jobId);
  await receiver.waitFor(sent + 1);
  await cluster.ask("updateJob", { params: { jobId }, body: { timeout: "7s" } });
  await eventually(async () => (await read(runId)).status === "dead");
  expect((await read(runId)).attempts).toMatchObject([{ nextBecause: "gone" }]);
  // Whoever would pause it has had its turn when the next 410 has paused a job that nobody edited.
  const other = await cluster.createJob(yearly({}));
  await trigger(other.jobId);
  await eventually(async () => (await cluster.ask("getJob", { params: { jobId: other.jobId } })).body.status === "paused");
  expect((await cluster.ask("getJob", { params: { jobId } })).body).toMatchObject({ status: "active", revision: 2, pauseReason: null });
});

it.each(["-1", "10 years", "1e9", "0x10", "soon", "Sat, 32 Nov 2026 00:00:00 GMT", ""])(
  "a Retry-After of %j is passed over: the policy's own delay holds",
  async (header) => {
    const { jobId } = await cluster.createJob(yearly({ backoff: ["1m"] }));
    receiver.answer({ status: 429, headers: { "retry-after": header } });
    const runId = await trigger(jobId);
    await eventually(async () => (await read(runId)).status === "waiting");
    const [attempt] = (await read(runId)).attempts;
    expect(attempt?.nextBecause).toBe("backoff");
    expect(Date.parse(attempt?.nextAttemptAt ?? "") - Date.parse(attempt?.startedAt ?? "")).toBeLessThan(70_000);
  },
);

it("a Retry-After of a century is cut to a day", async () => {
  const { jobId } = await cluster.createJob(yearly({}));
  receiver.answer({ status: 429, headers: { "retry-after": "3153600000" } });
  const runId = await trigger(jobId);
  await eventually(async () => (await read(runId)).status === "waiting");
  const [attempt] = (await read(runId)).attempts;
  expect(attempt?.nextBecause).toBe("retry_after");
  const waitMs = Date.parse(attempt?.nextAttemptAt ?? "") - Date.parse(attempt?.startedAt ?? "");
  expect(Math.abs(waitMs - 24 * 3_600_000)).toBeLessThan(60_000);
});
