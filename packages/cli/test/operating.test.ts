import type { Cluster } from "@punctual/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestNode, type TestNode } from "./lib/test-node.ts";

let node: TestNode;
beforeAll(async () => {
  node = await startTestNode();
}, 30_000);
afterAll(() => node.stop(), 30_000);

test("the audit of a server without jobs is clean, and says so", async () => {
  const { exit, out } = await node.run(["audit"]);
  expect(exit).toBe(0);
  expect(out).toContain("Every expected occurrence is accounted for");
  expect(await node.json<{ items: unknown[] }>("audit", "--rows")).toMatchObject({ items: [], summary: { jobs: 0, expected: 0 } });
});

test("the cluster shows its node, every shard owned, and a map of them", async () => {
  const cluster = await node.json<Cluster>("cluster");
  expect(cluster.nodes).toMatchObject([{ draining: false, shards: 256 }]);
  expect(cluster.shards.map(({ owner }) => owner)).toEqual(cluster.shards.map(() => cluster.nodes[0]?.nodeId));
  const { out } = await node.run(["cluster", "--shards"]);
  expect(out).toContain("All 256 shards are owned.");
  expect(out.split("\n").filter((line) => /^ +\d+ {2}(A ){15}A$/.test(line))).toHaveLength(16);
});
