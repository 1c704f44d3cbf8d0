import { afterAll, beforeAll, expect, test } from "vitest";
import { queueKey, shardOfQueue } from "../../src/model/ids.ts";
import { claimFromQueue } from "../../src/store/queue-claims.ts";
import { type Office, openOffice } from "./fixture.ts";

let office: Office;
let node: number;
beforeAll(async () => {
  office = await openOffice();
  node = await office.addNode();
});
afterAll(() => office.database.drop());

const trigger = async (jobId: string, body: object) => (await office.ask("triggerJob", { params: { jobId }, body })).body.runId;

/** Ids of the runs that a node may begin now, in their order. */
async function claimed(queueName: string, most: number): Promise<string[]> {
  const queue = queueKey(office.tenantId, queueName);
  const taker = { holder: node, nodeId: node, leaveOrigins: [] };
  const { runs } = await claimFromQueue(office.db, taker, { shard: shardOfQueue(queue), queue }, most);
  return runs.map((run) => run.run_id);
}

test("a triggered run may have a priority of its own, and begins before those that waited longer", async () => {
  const { jobId } = await office.create({ every: "1h", queue: "mail", priority: 5 });
  const plain = await trigger(jobId, {});
  const low = await trigger(jobId, { priority: 0 });
  const urgent = await trigger(jobId, { priority: 9 });
  expect(await claimed("mail", 3)).toEqual([urgent, plain, low]);
});

test("a triggered run may have a concurrency key of its own, counts under it, and keeps it when it is retried by hand", async () => {
  await office.ask("putQueue", { params: { name: "keyed" }, body: { keyConcurrency: 1 } });
  const { jobId } = await office.create({ every: "1h", queue: "keyed", concurrencyKey: "customer-1" });
  const [mine] = [await trigger(jobId, {}), await trigger(jobId, {})];
  const theirs = await trigger(jobId, { concurrencyKey: "customer-2" });
  expect((await claimed("keyed", 10)).sort()).toEqual([mine, theirs].sort());
  const another = await trigger(jobId, { concurrencyKey: "customer-2" });
  await office.ask("cancelRun", { params: { runId: another } });
  await office.ask("retryRun", { params: { runId: another } });
  expect(await claimed("keyed", 10)).toEqual([]);
});

test("a concurrency key is refused for a job without a queue, and no run is made", async () => {
  const { jobId } = await office.create({ every: "1h" });
  await expect(trigger(jobId, { concurrencyKey: "customer-1" })).rejects.toMatchObject({
    ...{ code: "request_invalid", faults: [{ pointer: "/concurrencyKey" }] },
  });
  expect((await office.ask("listRuns", { query: { jobId } })).body.items).toEqual([]);
});
