import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cluster, startCluster, type TestNode } from "./cluster.ts";

let cluster: Cluster;
let receiver: Receiver;
let nodes: TestNode[];
beforeAll(async () => {
  [cluster, receiver] = await Promise.all([startCluster(), startReceiver()]);
  nodes = [await cluster.start(), await cluster.start()];
  await cluster.settled(...nodes);
});
afterAll(async () => {
  await cluster.stop();
  await receiver.stop();
});

it("a backfill sends every occurrence of its range once, oldest first, and does not wait a second for each", async () => {
  const target = { type: "http" as const, url: `${receiver.url}/backfill` };
  const { jobId } = await cluster.createJob({ cron: "0 * * * *", target });
  const body = { from: "2026-03-01T00:00:00Z", to: "2026-03-02T16:00:00Z" };
  const startedMs = performance.now();
  const { body: made } = await cluster.ask("createBackfill", { params: { jobId }, body }, { on: nodes[0] as TestNode });
  const backfillId = (made as { backfillId: string }).backfillId;
  const read = async () => (await cluster.ask("getBackfill", { params: { backfillId } })).body;
  await eventually(async () => (await read()).status === "done", { timeoutMs: 20_000 });
  expect(performance.now() - startedMs).toBeLessThan(20_000);
  expect(await read()).toMatchObject({ total: 40, started: 40, passedOver: 0, live: 0, percent: 100, createdBy: "key test (k1)" });
  const ids = receiver.requests.map((request) => request.headers["webhook-id"]);
  expect(ids).toHaveLength(40);
  // Run ids sort by nominal time.
  expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => (String(a) < String(b) ? -1 : 1)));
});
