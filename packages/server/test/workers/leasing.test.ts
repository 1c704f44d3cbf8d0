import { afterAll, beforeAll, expect, test } from "vitest";
import { createPlanCache } from "../../src/engine/plan-cache.ts";
import { createLeasing } from "../../src/engine/workers/leasing.ts";
import { queueKey, shardOfQueue } from "../../src/model/ids.ts";
import { skipUnstarted } from "../../src/store/expiring.ts";
import { type Cluster, startCluster } from "../engine/cluster.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

/** Two runs that wait for workers in a queue of their own, and what claims them. */
async function twoRunsFor(name: string, more: { startTimeout?: string } = {}) {
  const db = cluster.database.pool;
  const plans = createPlanCache(
    db,
    () => `worker:${name}`,
    () => {},
  );
  const leasing = createLeasing(db, plans, () => {});
  const { jobId } = await cluster.createJob({ every: "24h", target: { type: "worker", queue: name }, ...more });
  await cluster.ask("putQueue", { params: { name }, body: { rate: { limit: 1, period: "24h", burst: 2 } } });
  for (let count = 0; count < 2; count++) await cluster.ask("triggerJob", { params: { jobId }, body: {} });
  const queue = queueKey(cluster.tenantId, name);
  const from = { name, queue, shard: shardOfQueue(queue) };
  const claim = () =>
    leasing.claim(
      { tenantId: cluster.tenantId, worker: "w", queues: [from], most: 5, waitMs: 0, leaseMs: 30_000, gone: null },
      new Set([queue]),
    );
  return { leasing, claim, shard: from.shard };
}

test("a run that was leased to a worker who has gone spends neither an attempt nor anything of its queue's rate", async () => {
  const { leasing, claim } = await twoRunsFor("q");
  const first = await claim();
  await leasing.handBack(first);
  const second = await claim();
  const taken = (claimed: typeof first) => claimed.map(({ run }) => `${run.run_id} in attempt ${run.attempt}`).sort();
  expect(taken(second)).toEqual(taken(first));
  expect(second).toHaveLength(2);
});

test("a run that a worker gives back unbegun waits for the next one, however long: the end of the lease is no start timeout", async () => {
  const { leasing, claim, shard } = await twoRunsFor("given-back");
  await leasing.handBack(await claim());
  await cluster.database.moveClock(60_000);
  expect(await skipUnstarted(cluster.database.pool, [shard], 10)).toBe(0);
  expect(await claim()).toHaveLength(2);
});

test("the start timeout of a run that a worker gives back unbegun goes on from its time, whatever the lease was", async () => {
  const { leasing, claim, shard } = await twoRunsFor("begun-in-time", { startTimeout: "10m" });
  const skipped = () => skipUnstarted(cluster.database.pool, [shard], 10);
  await leasing.handBack(await claim());
  await cluster.database.moveClock(5 * 60_000);
  expect(await skipped()).toBe(0);
  await leasing.handBack(await claim());
  await cluster.database.moveClock(4 * 60_000);
  expect(await skipped()).toBe(0);
  await cluster.database.moveClock(2 * 60_000);
  expect(await skipped()).toBe(2);
});
