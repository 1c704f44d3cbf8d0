import type { DeadLetterDetail, DeadLetterPage, Job } from "@punctual/contract";
import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestNode, type TestNode } from "./lib/test-node.ts";

let node: TestNode;
let receiver: Receiver;
let jobId: string;
beforeAll(async () => {
  [node, receiver] = await Promise.all([startTestNode(), startReceiver()]);
  const header = ["--header", "X-Api-Key: hidden", "--header", "X-Team: billing"];
  const job = ["--cron", "0 0 1 1 *", "--url", `${receiver.url}/hook`, "--payload", '{"a":1}', "--retry-attempts", "1"];
  jobId = (await node.json<Job>("jobs", "create", "--name", "report", ...header, ...job)).jobId;
}, 30_000);
afterAll(async () => {
  await receiver.stop();
  await node.stop();
}, 30_000);

async function die(count: number): Promise<string[]> {
  receiver.answer({ status: 503, body: "no room" });
  for (let index = 0; index < count; index++) await node.json("jobs", "trigger", "report");
  await eventually(async () => (await list()).length === count);
  return list();
}
const list = async (...flags: string[]) =>
  (await node.json<DeadLetterPage>("dead-letters", "list", ...flags)).items.map((item) => item.runId);

test("one dead letter is inspected, noted, discarded and seen as resolved", async () => {
  expect((await node.run(["dead-letters", "list"])).out).toBe("No dead letters.\n");
  const [runId = ""] = await die(1);
  const shown = (await node.run(["dead-letters", "get", runId])).out;
  for (const part of ["503 http_status", "no room", "POST", "/hook", "X-Api-Key: ***", "X-Team: billing", '{"a":1}'])
    expect(shown).toContain(part);
  expect(shown).not.toContain("hidden");
  const { lastRequest } = await node.json<DeadLetterDetail>("dead-letters", "get", runId);
  const sent = receiver.requests.at(-1);
  for (const name of [
    "webhook-id",
    "webhook-timestamp",
    "punctual-job-id",
    "punctual-attempt",
    "punctual-nominal-time",
    "content-type",
    "idempotency-key",
  ])
    expect([name, lastRequest?.headers[name]]).toEqual([name, sent?.headers[name]]);
  expect(Object.keys(lastRequest?.headers ?? {})).not.toContain("webhook-signature");

  expect((await node.run(["dead-letters", "note", runId, "asked the team"])).out).toBe("Noted.\n");
  expect((await node.run(["dead-letters", "list", "--job", "report", "--text", "NO ROOM"])).out).toContain("asked the team");
  expect((await node.run(["dead-letters", "list", "--status-code", "500"])).out).toBe("No dead letter matches.\n");
  expect((await node.run(["dead-letters", "discard", runId, "--reason", "refunded"])).out).toBe(`Discarded ${runId}.\n`);
  expect([await list(), await list("--resolved")]).toEqual([[], [runId]]);
});

test("many are dealt with only when that is said, and then all of them", async () => {
  const runIds = await die(3);
  const nobody = await node.run(["dead-letters", "replay"]);
  expect([nobody.exit, nobody.err]).toEqual([2, expect.stringContaining("No dead letter is named.")]);
  const both = await node.run(["dead-letters", "discard", runIds[0] ?? "", "--all"]);
  expect([both.exit, both.err]).toEqual([2, expect.stringContaining("A run and a filter are given.")]);
  const asked = await node.run(["dead-letters", "replay", "--target", receiver.url]);
  expect([asked.exit, asked.out]).toEqual([2, ""]);
  expect(asked.err).toContain("3 dead letters match; nothing was done.");
  expect((await node.run(["dead-letters", "replay", "--all", "--dry-run"])).out).toBe("3 dead letters match.\n");
  expect(await list()).toHaveLength(3);

  receiver.answer({});
  expect((await node.run(["dead-letters", "replay", "--job", "report", "--pace", "100", "--yes"])).out).toMatch(
    /^Replaying 3; the last one begins /,
  );
  await eventually(
    async () => (await node.json<{ items: unknown[] }>("runs", "list", "--job", jobId, "--status", "succeeded")).items.length === 3,
  );
  expect(await list()).toEqual([]);
  expect((await node.run(["dead-letters", "discard", "--all", "--yes"])).out).toBe("Discarded 0.\n");
});
