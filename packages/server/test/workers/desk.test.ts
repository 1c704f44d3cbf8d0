import { eventually } from "@punctual/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPlanCache } from "../../src/engine/plan-cache.ts";
import { startLeaseDesk } from "../../src/engine/workers/desk.ts";
import { createLeasing } from "../../src/engine/workers/leasing.ts";
import { queueKey, shardOfQueue } from "../../src/model/ids.ts";
import { type Cluster, startCluster } from "../engine/cluster.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

/** A queue with a limit, whose row every claim has to lock, and ready runs. */
async function fill(name: string, runs: number) {
  await cluster.ask("putQueue", { params: { name }, body: { concurrency: 10 } });
  const { jobId } = await cluster.createJob({ every: "24h", target: { type: "worker", queue: name } });
  for (let count = 0; count < runs; count++) await cluster.ask("triggerJob", { params: { jobId }, body: {} });
  const queue = queueKey(cluster.tenantId, name);
  return { name, queue, shard: shardOfQueue(queue) };
}

test("workers of one queue do not wait for a claim from another that the database keeps waiting, and those of the same queue are served in turn", async () => {
  const [slow, quick] = [await fill("slow", 2), await fill("quick", 1)];
  const db = cluster.database.pool;
  const plans = createPlanCache(
    db,
    () => "worker:q",
    () => {},
  );
  const desk = startLeaseDesk({ db, mayBegin: () => true, leasing: createLeasing(db, plans, () => {}), emit: () => {} });
  const answered: string[] = [];
  const lease = async (worker: string, from: typeof slow) => {
    const wish = { tenantId: cluster.tenantId, worker, queues: [from], most: 1, waitMs: 30_000, leaseMs: 30_000, gone: null };
    const leases = await desk.lease(wish);
    answered.push(worker);
    return leases.length;
  };
  const lock = await db.connect();
  try {
    await lock.query("begin");
    await lock.query("select from punctual.queues where queue = $1 for update", [slow.queue]);
    const waiting = [lease("first of slow", slow), lease("second of slow", slow)];
    waiting.push(lease("quick", quick));
    // Were it behind the claim that the lock keeps waiting, it would not come as long as the lock is held.
    await eventually(() => expect(answered).toEqual(["quick"]));
    await lock.query("rollback");
    expect(await Promise.all(waiting)).toEqual([1, 1, 1]);
    expect(answered).toEqual(["quick", "first of slow", "second of slow"]);
  } finally {
    // Ends the lock too, or whoever waits for it would keep the desk from stopping.
    lock.release(true);
    await desk.stop();
  }
});
