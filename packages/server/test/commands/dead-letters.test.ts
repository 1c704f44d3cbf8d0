import type { DeadLetterFilter } from "@punctual/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { resultOf, settleOne, startMs } from "../store/fixture.ts";
import { openDeadLetters } from "./dead-letter-fixture.ts";
import { hook } from "./fixture.ts";

let office: Awaited<ReturnType<typeof openDeadLetters>>;
beforeEach(async () => {
  office = await openDeadLetters();
});
afterEach(() => office.database.drop());

describe("dead letters", () => {
  test("are the runs that used up their attempts, newest nominal time first, with why and where", async () => {
    const jobId = await office.job({ name: "report" });
    const older = await office.die({ jobId, nominalMs: startMs - 1_000 });
    const newer = await office.die({ jobId, failureClass: "timeout", statusCode: null });
    const { items, nextCursor } = await office.list();
    expect(items.map((letter) => letter.runId)).toEqual([newer, older]);
    expect(nextCursor).toBeNull();
    expect(items[1]).toMatchObject({
      ...{ jobId, jobName: "report", revision: 1, attempt: 2, target: "https://example.com", failureClass: "http_status", statusCode: 503 },
      ...{ error: "it answered badly", reason: "all attempts failed", note: null, resolvedAt: null, resolution: null, resolvedBy: null },
    });
  });

  test("are none of another tenant's, and no run that is not dead", async () => {
    await office.die();
    const stranger = await office.addTenant("stranger");
    expect((await office.ask("listDeadLetters", {}, stranger)).body.items).toEqual([]);
    expect((await office.ask("countDeadLetters", {}, stranger)).body).toEqual({ count: 0, more: false });
    const live = (await office.ask("triggerJob", { params: { jobId: await office.job() } })).body.runId;
    expect(await office.refusalOf("getDeadLetter", { params: { runId: live } })).toBe("dead_letter_not_found");
    expect(await office.refusalOf("discardDeadLetter", { params: { runId: live } })).toBe("dead_letter_not_found");
    expect(await office.refusalOf("replayDeadLetter", { params: { runId: live } })).toBe("dead_letter_not_found");
  });

  test("are found by each filter, and only those that match", async () => {
    const billing = await office.job({ labels: { team: "billing", tier: "1" } });
    const wanted = await office.die({
      ...{ jobId: billing, nominalMs: startMs - 5_000, diedMs: startMs - 60_000, failureClass: "timeout", statusCode: 504 },
      ...{ output: "Disk 100% full", origin: "https://api.example.com:8443", queue: "emails" },
    });
    await office.die({ jobId: await office.job({ labels: { team: "search" } }) });
    const at = (ms: number) => new Date(ms).toISOString();
    const filters: DeadLetterFilter[] = [
      { jobId: billing.toUpperCase() },
      { label: ["team=billing"] },
      { label: ["tier", "team=billing"] },
      { failureClass: "timeout" },
      { statusCode: 504 },
      { target: "https://API.example.com:8443/hooks?x=1" },
      { queue: "emails" },
      { to: at(startMs) },
      { from: at(startMs - 5_000), to: at(startMs - 4_999) },
      { diedTo: at(startMs) },
      { diedFrom: at(startMs - 60_000), diedTo: at(startMs - 59_999) },
      { text: "disk 100%" },
      { text: "ANSWERED", statusCode: 504 },
    ];
    for (const filter of filters) {
      expect([filter, await office.idsOf(filter)]).toEqual([filter, [wanted]]);
      expect((await office.ask("countDeadLetters", { query: filter })).body).toEqual({ count: 1, more: false });
    }
    const none: DeadLetterFilter[] = [
      { label: ["team=bill"] },
      { text: "100_" },
      { text: "first output" },
      { from: at(startMs + 1) },
      { queue: "mails" },
    ];
    for (const filter of none) expect([filter, await office.idsOf(filter)]).toEqual([filter, []]);
  });

  test("are given in pages that neither miss nor double one, and a cursor serves its own filters only", async () => {
    const jobId = await office.job();
    const all: string[] = [];
    for (let index = 0; index < 5; index++)
      all.unshift(await office.die({ jobId, nominalMs: startMs + index, statusCode: 500 + (index % 2) }));
    const first = await office.list({ limit: 2 });
    const second = await office.list({ limit: 2, cursor: first.nextCursor ?? "" });
    const third = await office.list({ limit: 2, cursor: second.nextCursor ?? "" });
    expect([first, second, third].flatMap((page) => page.items.map((letter) => letter.runId))).toEqual(all);
    expect(third.nextCursor).toBeNull();
    expect(await office.refusalOf("listDeadLetters", { query: { cursor: first.nextCursor ?? "", statusCode: 500 } })).toBe(
      "cursor_invalid",
    );
    expect((await office.list({ limit: 3, statusCode: 500 })).nextCursor).toBeNull();
  });
});

describe("a dead letter", () => {
  test("shows all attempts, the last response, and the last request with the payload of its revision", async () => {
    const jobId = await office.job({ payload: { a: 1 } });
    const runId = await office.die({ jobId, output: "sorry" });
    await office.ask("updateJob", { params: { jobId }, body: { payload: { a: 2 } } });
    const { body } = await office.ask("getDeadLetter", { params: { runId } });
    expect(body.attempts.map(({ attempt, output }) => [attempt, output])).toEqual([
      [1, "first output"],
      [2, "sorry"],
    ]);
    expect(body.lastResponse).toEqual({ statusCode: 503, output: "sorry", outputTruncated: false });
    expect(JSON.parse(body.lastRequest?.url ?? "")).toEqual(hook);
    const sent = { runId, jobId, jobName: null, number: 2, startedMs: startMs - 8, nominalMs: startMs };
    expect(JSON.parse(body.lastRequest?.body ?? "")).toEqual({ ...sent, payload: '{"a":1}', contentType: "application/json" });
  });

  test("keeps a note until it is replaced or removed", async () => {
    const runId = await office.die();
    const note = async (text: string | null) => (await office.ask("noteDeadLetter", { params: { runId }, body: { note: text } })).body.note;
    expect(await note("asked the team")).toBe("asked the team");
    expect((await office.list()).items[0]?.note).toBe("asked the team");
    expect(await note("they are on it")).toBe("they are on it");
    expect(await note(null)).toBeNull();
  });

  test("that is discarded leaves the list for the resolved ones, says who did it and why, and can be discarded again without harm", async () => {
    const runId = await office.die();
    const discard = (reason: string) => office.ask("discardDeadLetter", { params: { runId }, body: { reason } });
    const { body } = await discard("order was refunded");
    expect(body).toMatchObject({
      resolution: "order was refunded",
      resolvedBy: expect.any(String),
      resolvedAt: new Date(startMs).toISOString(),
    });
    await discard("changed my mind");
    expect(await office.idsOf()).toEqual([]);
    expect((await office.list({ resolved: true })).items).toMatchObject([{ runId, resolution: "order was refunded" }]);
    expect((await office.ask("getRun", { params: { runId } })).body.status).toBe("dead");
    expect(await office.replay({})).toMatchObject({ matched: 0, replayed: 0 });
  });

  test("that is replayed keeps its id and its note, is off the list, and is on it again with its note if it dies again", async () => {
    const jobId = await office.job();
    const runId = await office.die({ jobId });
    await office.ask("noteDeadLetter", { params: { runId }, body: { note: "second try" } });
    expect((await office.ask("replayDeadLetter", { params: { runId } })).body).toMatchObject({ runId, status: "ready", attempt: 2 });
    expect(await office.idsOf()).toEqual([]);
    expect(await office.refusalOf("replayDeadLetter", { params: { runId } })).toBe("dead_letter_not_found");
    const node = await office.addNode();
    await office.rows("update punctual.live_runs set state = 'running', holder = $1, attempt = 3 where run_id = $2", [node, runId]);
    const evidence = resultOf(runId, node).evidence;
    const failed = evidence && { ...evidence, outcome: "failed" as const };
    await settleOne(office, resultOf(runId, node, { attempt: 3, next: "dead", evidence: failed }));
    expect((await office.list()).items).toMatchObject([{ runId, attempt: 3, note: "second try" }]);
  });
});
