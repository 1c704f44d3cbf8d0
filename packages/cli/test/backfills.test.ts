import type { Job } from "@punctual/contract";
import { type Receiver, startReceiver } from "@punctual/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestNode, type TestNode } from "./lib/test-node.ts";

let node: TestNode;
let receiver: Receiver;

beforeAll(async () => {
  node = await startTestNode();
  receiver = await startReceiver();
}, 30_000);

afterAll(async () => {
  await receiver.stop();
  await node.stop();
}, 30_000);

test("what a job does about runs that overlap, begin late or die is said with flags, and shown", async () => {
  const flags = ["--overlap", "cancel_previous", "--start-timeout", "90s", "--pause-after-dead-runs", "3"];
  const job = await node.json<Job>("jobs", "create", "--name", "guarded", "--every", "1h", "--url", receiver.url, ...flags);
  expect(job).toMatchObject({ overlap: "cancel_previous", startTimeout: "90s", pauseAfterDeadRuns: 3 });
  expect(await node.json<Job>("jobs", "update", "guarded", "--overlap", "queue")).toMatchObject({
    overlap: "queue",
    pauseAfterDeadRuns: 3,
  });
  expect((await node.run(["jobs", "get", "guarded"])).out).toMatch(/overlap\s+queue[\s\S]+3 dead runs in a row/);
});

test("a past range is counted, backfilled and looked after", async () => {
  await node.json<Job>("jobs", "create", "--name", "missed", "--cron", "0 0 * * *", "--url", receiver.url);
  const range = ["missed", "--from", "2026-03-01T00:00:00Z", "--to", "2026-03-04T00:00:00Z"];
  expect((await node.run(["jobs", "backfill", ...range, "--dry-run"])).out).toMatch(/^Would carry out 3 of 3 occurrences from 2026-03-01/);
  const { backfillId } = await node.json<{ backfillId: string }>("jobs", "backfill", ...range, "--concurrency", "2");
  expect((await node.run(["backfills", "list", "--job", "missed"])).out).toContain(backfillId);
  expect((await node.run(["backfills", "get", backfillId])).out).toContain("of 3");
  for (const verb of ["pause", "resume", "cancel"]) expect([0, 6]).toContain((await node.run(["backfills", verb, backfillId])).exit);
});
