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

type Overlap = "skip" | "queue" | "cancel_previous";

/** A job of every second whose receiver answers after `delayMs` or, given null, never. */
async function secondly(overlap: Overlap, path: string, delayMs: number | null): Promise<string> {
  receiver.answer((request) => (request.path === path ? (delayMs === null ? { refuse: "hang" } : { delayMs }) : {}));
  const target = { type: "http" as const, url: receiver.url + path };
  const { jobId } = await cluster.createJob({ every: "1s", overlap, target, retry: { attempts: 1 } }, { on: node });
  return jobId;
}
const requestsTo = (path: string) => receiver.requests.filter((request) => request.path === path);
const runsOf = async (jobId: string) =>
  (await cluster.ask("listRuns", { query: { jobId, limit: 100 } })).body.items.toSorted((a, b) => (a.nominalAt < b.nominalAt ? -1 : 1));
const pause = (jobId: string) => cluster.ask("pauseJob", { params: { jobId } });
/** From the first start to the last end of each carried-out run, in order: whether one began before another had ended. */
async function overlaps(jobId: string): Promise<boolean> {
  const spans = (await runsOf(jobId)).filter((run) => run.startedAt !== null && run.finishedAt !== null);
  return spans.some((run, index) => spans.some((other, at) => at > index && (other.startedAt ?? "") < (run.finishedAt ?? "")));
}

it("under skip, occurrences that come while a run is live leave a skipped row each, and the first one after its end runs", async () => {
  const jobId = await secondly("skip", "/skip", 1_500);
  await eventually(async () => (await runsOf(jobId)).filter((run) => run.status === "succeeded").length >= 2, { timeoutMs: 15_000 });
  await pause(jobId);
  const skipped = (await runsOf(jobId)).filter((run) => run.status === "skipped");
  expect(skipped.length).toBeGreaterThan(0);
  expect(new Set(skipped.map((run) => run.reason))).toEqual(new Set(["overlap"]));
  expect(await overlaps(jobId)).toBe(false);
});

it("under queue, runs wait for the one before them, and begin as soon as it has ended, in order", async () => {
  const jobId = await secondly("queue", "/queue", 1_300);
  await eventually(async () => (await runsOf(jobId)).filter((run) => run.held === "overlap").length >= 2, { timeoutMs: 15_000 });
  await pause(jobId);
  await eventually(async () => (await runsOf(jobId)).every((run) => run.status === "succeeded"), { timeoutMs: 20_000 });
  const runs = await runsOf(jobId);
  const startsMs = runs.map((run) => Date.parse(run.startedAt ?? ""));
  expect(startsMs).toEqual(startsMs.toSorted((a, b) => a - b));
  expect(await overlaps(jobId)).toBe(false);
  const gapsMs = runs.slice(1).map((run, index) => Date.parse(run.startedAt ?? "") - Date.parse(runs[index]?.finishedAt ?? ""));
  // Told at once, not found by the sweep, which comes every 5 s.
  expect(gapsMs.toSorted((a, b) => a - b)[gapsMs.length >> 1]).toBeLessThan(1_000);
});

it("under cancel_previous, the run under way is aborted, says why, and the new one runs once it has ended", async () => {
  const jobId = await secondly("cancel_previous", "/replace", null);
  await eventually(() => requestsTo("/replace").length >= 3, { timeoutMs: 15_000 });
  await pause(jobId);
  await cluster.ask("cancelJobRuns", { params: { jobId } });
  await eventually(async () => (await runsOf(jobId)).every((run) => run.finishedAt !== null), { timeoutMs: 10_000 });
  const [first, second] = await runsOf(jobId);
  expect([first, second]).toMatchObject(
    Array.from({ length: 2 }, () => ({ status: "cancelled", reason: "overlap: the next occurrence has come", endedBy: null })),
  );
  expect(await overlaps(jobId)).toBe(false);
});

it("a run that waits is released by a person's cancelling the one it waits for, within a second", async () => {
  const jobId = await secondly("queue", "/cancel", null);
  await eventually(async () => (await runsOf(jobId)).some((run) => run.held === "overlap"), { timeoutMs: 10_000 });
  await pause(jobId);
  const [first] = await runsOf(jobId);
  await cluster.ask("cancelRun", { params: { runId: first?.runId ?? "" } }, { on: node });
  await eventually(() => requestsTo("/cancel").length === 2, { timeoutMs: 2_500 });
  expect((await runsOf(jobId)).slice(0, 2)).toMatchObject([{ status: "cancelled" }, { status: "running", held: null }]);
  await cluster.ask("cancelJobRuns", { params: { jobId } }, { on: node });
});

it("a run that waits is released when the node that held the one before it is lost", async () => {
  const doomed = await cluster.start();
  await cluster.settled(node, doomed);
  receiver.answer({ refuse: "hang" });
  const target = { type: "http" as const, url: `${receiver.url}/lost` };
  const { jobId } = await cluster.createJobOn(doomed, { every: "1s", overlap: "queue", target, retry: { attempts: 1 } });
  await eventually(async () => (await runsOf(jobId)).some((run) => run.held === "overlap"), { timeoutMs: 10_000 });
  receiver.answer({});
  doomed.proxy.cut();
  await eventually(async () => (await runsOf(jobId)).some((run) => run.status === "succeeded"), { timeoutMs: 20_000 });
  expect((await runsOf(jobId))[0]).toMatchObject({ status: "dead" });
  await pause(jobId);
});
