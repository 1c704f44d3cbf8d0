import type { DeadLetterFilter, Query } from "@punctual/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { manualRunId, originKey, queueKey } from "../../src/model/ids.ts";
import { liveRun, resultOf, settleOne, startMs } from "../store/fixture.ts";
import { hook, type Office, openOffice } from "./fixture.ts";

let office: Office;
beforeEach(async () => {
  office = await openOffice();
});
afterEach(() => office.database.drop());

/** A dead run, its end and its last attempt, as settle leaves them. */
type Death = {
  jobId?: string;
  failureClass?: string;
  statusCode?: number | null;
  output?: string;
  origin?: string;
  queue?: string;
  diedMs?: number;
};
let made = 0;
async function die({ nominalMs = startMs, ...death }: Death & { nominalMs?: number } = {}): Promise<string> {
  const jobId = death.jobId ?? (await job());
  const runId = manualRunId(jobId, nominalMs, String(made++));
  const shard = Number.parseInt(jobId.slice(-2), 16);
  const diedMs = death.diedMs ?? startMs;
  const [failureClass, statusCode] = [death.failureClass ?? "http_status", death.statusCode === undefined ? 503 : death.statusCode];
  const queue = death.queue === undefined ? null : queueKey(office.tenantId, death.queue);
  await office.rows(
    `insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, started_at, finished_at, reason, origin,
       queue, failure_class, status_code)
     values ($1, $2, $3, $4, 1, 'dead', 'scheduled', punctual.at($5), 2, punctual.at($6), punctual.at($6), 'all attempts failed', $7, $8, $9, $10)`,
    [
      shard,
      runId,
      jobId,
      office.tenantId,
      nominalMs,
      diedMs,
      originKey(office.tenantId, death.origin ?? "https://example.com"),
      queue,
      failureClass,
      statusCode,
    ],
  );
  for (const attempt of [1, 2])
    await office.rows(
      `insert into punctual.attempts (shard, run_id, attempt, outcome, started_at, finished_at, failure_class, status_code, error, output)
       values ($1, $2, $3, 'failed', punctual.at($4), punctual.at($4), $5, $6, 'it answered badly', $7)`,
      [
        shard,
        runId,
        attempt,
        diedMs - 10 + attempt,
        failureClass,
        statusCode,
        attempt === 2 ? (death.output ?? "no room") : "first output",
      ],
    );
  return runId;
}
const job = async (body: object = {}) => (await office.create({ cron: "0 0 1 1 *", ...body })).jobId;
const list = async (query: Query<"listDeadLetters"> = {}) => (await office.ask("listDeadLetters", { query })).body;
const idsOf = async (query: Query<"listDeadLetters"> = {}) => (await list(query)).items.map((letter) => letter.runId);
const replay = async (body: object, filter: DeadLetterFilter = {}) =>
  (await office.ask("replayDeadLetters", { body: { filter, ...body } })).body;

describe("dead letters", () => {
  test("are the runs that used up their attempts, newest nominal time first, with why and where", async () => {
    const jobId = await job({ name: "report" });
    const older = await die({ jobId, nominalMs: startMs - 1_000 });
    const newer = await die({ jobId, failureClass: "timeout", statusCode: null });
    const { items, nextCursor } = await list();
    expect(items.map((letter) => letter.runId)).toEqual([newer, older]);
    expect(nextCursor).toBeNull();
    expect(items[1]).toMatchObject({
      ...{ jobId, jobName: "report", revision: 1, attempt: 2, target: "https://example.com", failureClass: "http_status", statusCode: 503 },
      ...{ error: "it answered badly", reason: "all attempts failed", note: null, resolvedAt: null, resolution: null, resolvedBy: null },
    });
  });

  test("are none of another tenant's, and no run that is not dead", async () => {
    await die();
    const stranger = await office.addTenant("stranger");
    expect((await office.ask("listDeadLetters", {}, stranger)).body.items).toEqual([]);
    expect((await office.ask("countDeadLetters", {}, stranger)).body).toEqual({ count: 0, more: false });
    const live = (await office.ask("triggerJob", { params: { jobId: await job() } })).body.runId;
    expect(await office.refusalOf("getDeadLetter", { params: { runId: live } })).toBe("dead_letter_not_found");
    expect(await office.refusalOf("discardDeadLetter", { params: { runId: live } })).toBe("dead_letter_not_found");
    expect(await office.refusalOf("replayDeadLetter", { params: { runId: live } })).toBe("dead_letter_not_found");
  });

  test("are found by each filter, and only those that match", async () => {
    const billing = await job({ labels: { team: "billing", tier: "1" } });
    const wanted = await die({
      ...{ jobId: billing, nominalMs: startMs - 5_000, diedMs: startMs - 60_000, failureClass: "timeout", statusCode: 504 },
      ...{ output: "Disk 100% full", origin: "https://api.example.com:8443", queue: "emails" },
    });
    await die({ jobId: await job({ labels: { team: "search" } }) });
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
      expect([filter, await idsOf(filter)]).toEqual([filter, [wanted]]);
      expect((await office.ask("countDeadLetters", { query: filter })).body).toEqual({ count: 1, more: false });
    }
    const none: DeadLetterFilter[] = [
      { label: ["team=bill"] },
      { text: "100_" },
      { text: "first output" },
      { from: at(startMs + 1) },
      { queue: "mails" },
    ];
    for (const filter of none) expect([filter, await idsOf(filter)]).toEqual([filter, []]);
  });

  test("are given in pages that neither miss nor double one, and a cursor serves its own filters only", async () => {
    const jobId = await job();
    const all: string[] = [];
    for (let index = 0; index < 5; index++) all.unshift(await die({ jobId, nominalMs: startMs + index, statusCode: 500 + (index % 2) }));
    const first = await list({ limit: 2 });
    const second = await list({ limit: 2, cursor: first.nextCursor ?? "" });
    const third = await list({ limit: 2, cursor: second.nextCursor ?? "" });
    expect([first, second, third].flatMap((page) => page.items.map((letter) => letter.runId))).toEqual(all);
    expect(third.nextCursor).toBeNull();
    expect(await office.refusalOf("listDeadLetters", { query: { cursor: first.nextCursor ?? "", statusCode: 500 } })).toBe(
      "cursor_invalid",
    );
    expect((await list({ limit: 3, statusCode: 500 })).nextCursor).toBeNull();
  });
});

describe("a dead letter", () => {
  test("shows all attempts, the last response, and the last request with the payload of its revision", async () => {
    const jobId = await job({ payload: { a: 1 } });
    const runId = await die({ jobId, output: "sorry" });
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
    const runId = await die();
    const note = async (text: string | null) => (await office.ask("noteDeadLetter", { params: { runId }, body: { note: text } })).body.note;
    expect(await note("asked the team")).toBe("asked the team");
    expect((await list()).items[0]?.note).toBe("asked the team");
    expect(await note("they are on it")).toBe("they are on it");
    expect(await note(null)).toBeNull();
  });

  test("that is discarded leaves the list for the resolved ones, says who did it and why, and can be discarded again without harm", async () => {
    const runId = await die();
    const discard = (reason: string) => office.ask("discardDeadLetter", { params: { runId }, body: { reason } });
    const { body } = await discard("order was refunded");
    expect(body).toMatchObject({
      resolution: "order was refunded",
      resolvedBy: expect.any(String),
      resolvedAt: new Date(startMs).toISOString(),
    });
    await discard("changed my mind");
    expect(await idsOf()).toEqual([]);
    expect((await list({ resolved: true })).items).toMatchObject([{ runId, resolution: "order was refunded" }]);
    expect((await office.ask("getRun", { params: { runId } })).body.status).toBe("dead");
    expect(await replay({})).toMatchObject({ matched: 0, replayed: 0 });
  });

  test("that is replayed keeps its id and its note, is off the list, and is on it again with its note if it dies again", async () => {
    const jobId = await job();
    const runId = await die({ jobId });
    await office.ask("noteDeadLetter", { params: { runId }, body: { note: "second try" } });
    expect((await office.ask("replayDeadLetter", { params: { runId } })).body).toMatchObject({ runId, status: "ready", attempt: 2 });
    expect(await idsOf()).toEqual([]);
    expect(await office.refusalOf("replayDeadLetter", { params: { runId } })).toBe("dead_letter_not_found");
    const node = await office.addNode();
    await office.rows("update punctual.live_runs set state = 'running', holder = $1, attempt = 3 where run_id = $2", [node, runId]);
    const evidence = resultOf(runId, node).evidence;
    const failed = evidence && { ...evidence, outcome: "failed" as const };
    await settleOne(office, resultOf(runId, node, { attempt: 3, next: "dead", evidence: failed }));
    expect((await list()).items).toMatchObject([{ runId, attempt: 3, note: "second try" }]);
  });
});

describe("replaying many", () => {
  test("in a dry run only counts them", async () => {
    for (let index = 0; index < 3; index++) await die();
    expect(await replay({ dryRun: true })).toEqual({
      dryRun: true,
      matched: 3,
      more: false,
      replayed: 0,
      nextCursor: null,
      lastStartAt: null,
    });
    expect(await idsOf()).toHaveLength(3);
    const { body } = await office.ask("discardDeadLetters", { body: { filter: { statusCode: 503 }, dryRun: true } });
    expect(body).toEqual({ dryRun: true, matched: 3, more: false, discarded: 0, nextCursor: null });
    expect(await idsOf()).toHaveLength(3);
  });

  test("lets them begin one after the other at the pace, oldest nominal time first, and leaves what does not match", async () => {
    const jobId = await job({ priority: 7 });
    const all: string[] = [];
    for (let index = 0; index < 4; index++) all.push(await die({ jobId, nominalMs: startMs - 10_000 + index }));
    const other = await die({ statusCode: 400 });
    const answer = await replay({ pace: 2 }, { statusCode: 503 });
    const lastStartAt = new Date(startMs + 1_500).toISOString();
    expect(answer).toEqual({ dryRun: false, matched: 4, replayed: 4, more: false, nextCursor: null, lastStartAt });
    const live = await Promise.all(all.map((runId) => liveRun(office, runId)));
    expect(live.map((run) => [run?.state, run?.attempt, run?.due_ms])).toEqual(
      [0, 500, 1_000, 1_500].map((ms) => ["waiting", 2, startMs + ms]),
    );
    expect(await office.rows("select distinct priority from punctual.live_runs")).toEqual([{ priority: 7 }]);
    expect(await idsOf()).toEqual([other]);
    expect(office.woken.at(-1)).toBe(Number.parseInt(jobId.slice(-2), 16));
  });

  test("goes on with the cursor where it stopped, at the same pace, and never replays one twice", async () => {
    const jobId = await job();
    for (let index = 0; index < 5; index++) await die({ jobId, nominalMs: startMs + index });
    const first = await replay({ limit: 2, pace: 1 });
    expect(first).toMatchObject({ matched: 2, more: true, lastStartAt: new Date(startMs + 1_000).toISOString() });
    const second = await replay({ limit: 3, pace: 1, cursor: first.nextCursor });
    expect(second).toMatchObject({
      matched: 3,
      replayed: 3,
      more: false,
      nextCursor: null,
      lastStartAt: new Date(startMs + 4_000).toISOString(),
    });
    const due = await office.rows<{ ms: number }>("select punctual.ms(due_at) as ms from punctual.live_runs order by run_id");
    expect(due.map(({ ms }) => ms - startMs)).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
    expect(await office.refusalOf("replayDeadLetters", { body: { filter: { statusCode: 1 }, cursor: first.nextCursor ?? "" } })).toBe(
      "cursor_invalid",
    );
  });

  test("by several at once replays each of them once", async () => {
    const jobId = await job();
    for (let index = 0; index < 20; index++) await die({ jobId, nominalMs: startMs + index });
    const answers = await Promise.all([1, 2, 3, 4].map(() => replay({})));
    expect(answers.reduce((sum, { replayed }) => sum + replayed, 0)).toBe(20);
    expect(await office.rows("select count(*)::int as n from punctual.live_runs")).toEqual([{ n: 20 }]);
  });
});

test("discarding many deals with those that match, and no others", async () => {
  const [refused, busy] = [await die({ statusCode: 400 }), await die()];
  const { body } = await office.ask("discardDeadLetters", { body: { filter: { statusCode: 400 }, reason: "old clients" } });
  expect(body).toEqual({ dryRun: false, matched: 1, discarded: 1, more: false, nextCursor: null });
  expect(await idsOf()).toEqual([busy]);
  expect(await idsOf({ resolved: true })).toEqual([refused]);
});
