import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cluster, startCluster, type TestNode } from "./cluster.ts";

let cluster: Cluster;
let receiver: Receiver;
let node: TestNode;
beforeAll(async () => {
  [cluster, receiver] = await Promise.all([startCluster(), startReceiver()]);
  node = await cluster.start();
  await cluster.settled(node);
});
afterAll(async () => {
  await cluster.stop();
  await receiver.stop();
});

const read = async (jobId: string) => (await cluster.ask("getJob", { params: { jobId } })).body;
/** Carries the job out once, by hand, and tells how its run ended. */
async function carryOut(jobId: string, status: number): Promise<string> {
  receiver.answer({ status });
  const { runId } = (await cluster.ask("triggerJob", { params: { jobId } }, { on: node })).body;
  const run = async () => (await cluster.ask("getRun", { params: { runId } })).body;
  await eventually(async () => (await run()).finishedAt !== null);
  return (await run()).status;
}
const paused = () => node.events.filter((event) => event.type === "job_paused").length;

it("a job is paused after as many dead runs in a row as it says, tells why, and counts anew when it is resumed", async () => {
  const target = { type: "http" as const, url: receiver.url };
  const { jobId } = await cluster.createJob({ cron: "0 0 1 1 *", target, retry: { attempts: 1 }, pauseAfterDeadRuns: 2 });
  // A success in between begins the count again.
  for (const [status, ended] of [
    [500, "dead"],
    [200, "succeeded"],
    [500, "dead"],
  ] as const)
    expect(await carryOut(jobId, status)).toBe(ended);
  expect(await read(jobId)).toMatchObject({ status: "active" });
  await carryOut(jobId, 500);
  await eventually(async () => (await read(jobId)).status === "paused");
  expect(await read(jobId)).toMatchObject({ pauseReason: "2 runs in a row are dead.", nextRunAt: null });
  expect(paused()).toBe(1);

  await cluster.ask("resumeJob", { params: { jobId } });
  await carryOut(jobId, 500);
  expect(await read(jobId)).toMatchObject({ status: "active" });
  await carryOut(jobId, 500);
  await eventually(async () => (await read(jobId)).status === "paused");
});

it("a job that does not say so goes on, however often it dies", async () => {
  const target = { type: "http" as const, url: receiver.url };
  const { jobId } = await cluster.createJob({ cron: "0 0 1 1 *", target, retry: { attempts: 1 } });
  for (let count = 0; count < 3; count++) await carryOut(jobId, 500);
  expect(await read(jobId)).toMatchObject({ status: "active" });
});
