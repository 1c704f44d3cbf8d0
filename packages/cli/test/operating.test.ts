import type { Cluster, Job, JobExplanation } from "@punctual/contract";
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

test("a job is explained at a time, by name and after its deletion by id", async () => {
  const at = new Date(Date.now() + 3_600_000).toISOString();
  const job = await node.json<Job>("jobs", "create", "--name", "explained", "--run-at", at, "--url", "http://127.0.0.1:9/");
  const { out, exit } = await node.run(["jobs", "explain", "explained", "--at", at]);
  expect(exit).toBe(0);
  expect(out).toContain("to come");
  expect(out).toContain("in force: revision 1, active");
  await node.run(["jobs", "delete", "explained"]);
  expect(await node.json<JobExplanation>("jobs", "explain", job.jobId, "--at", at)).toMatchObject({ verdict: "deleted", run: null });
});

test("firing is stopped by hand, said everywhere, and goes on by a decision", async () => {
  expect((await node.run(["restore-mode", "show"])).out).toBe("Firing is not stopped.\n");
  expect((await node.run(["restore-mode", "begin", "--reason", "the disk was reset"])).out).toContain("the disk was reset");
  expect((await node.run(["cluster"])).out).toContain("nothing fires");
  expect((await node.run(["restore-mode", "resolve", "skip"])).out).toContain("Firing goes on.");
  expect((await node.run(["restore-mode", "resolve", "run"])).exit).toBe(6);
  expect((await node.run(["findings"])).out).toBe("Nothing is amiss.\n");
});

test("the cluster shows its node, every shard owned, and a map of them", async () => {
  const cluster = await node.json<Cluster>("cluster");
  expect(cluster.nodes).toMatchObject([{ draining: false, shards: 256 }]);
  expect(cluster.shards.map(({ owner }) => owner)).toEqual(cluster.shards.map(() => cluster.nodes[0]?.nodeId));
  const { out } = await node.run(["cluster", "--shards"]);
  expect(out).toContain("All 256 shards are owned.");
  expect(out.split("\n").filter((line) => /^ +\d+ {2}(A ){15}A$/.test(line))).toHaveLength(16);
});
