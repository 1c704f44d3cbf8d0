import { afterAll, beforeAll, expect, test } from "vitest";
import { createPlanCache } from "../../src/engine/plan-cache.ts";
import { createLeasing } from "../../src/engine/workers/leasing.ts";
import { queueKey, shardOfQueue } from "../../src/model/ids.ts";
import { type Cluster, startCluster } from "../engine/cluster.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

test("a run that was leased to a worker who has gone spends neither an attempt nor anything of its queue's rate", async () => {
  const db = cluster.database.pool;
  const plans = createPlanCache(
    db,
    () => "worker:q",
    () => {},
  );
  const leasing = createLeasing(db, plans, () => {});
  const { jobId } = await cluster.createJob({ every: "24h", target: { type: "worker", queue: "q" } });
  await cluster.ask("putQueue", { params: { name: "q" }, body: { rate: { limit: 1, period: "24h", burst: 2 } } });
  for (let count = 0; count < 2; count++) await cluster.ask("triggerJob", { params: { jobId }, body: {} });
  const queue = queueKey(cluster.tenantId, "q");
  const from = { name: "q", queue, shard: shardOfQueue(queue) };
  const claim = () =>
    leasing.claim(
      { tenantId: cluster.tenantId, worker: "w", queues: [from], most: 5, waitMs: 0, leaseMs: 30_000, gone: null },
      new Set([queue]),
    );
  const first = await claim();
  await leasing.handBack(first);
  const second = await claim();
  const taken = (claimed: typeof first) => claimed.map(({ run }) => `${run.run_id} in attempt ${run.attempt}`).sort();
  expect(taken(second)).toEqual(taken(first));
  expect(second).toHaveLength(2);
});
