import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { liveRun, startMs } from "../store/fixture.ts";
import { openDeadLetters } from "./dead-letter-fixture.ts";

let office: Awaited<ReturnType<typeof openDeadLetters>>;
beforeEach(async () => {
  office = await openDeadLetters();
});
afterEach(() => office.database.drop());

describe("replaying many", () => {
  test("in a dry run only counts them", async () => {
    for (let index = 0; index < 3; index++) await office.die();
    expect(await office.replay({ dryRun: true })).toEqual({
      dryRun: true,
      matched: 3,
      more: false,
      replayed: 0,
      nextCursor: null,
      lastStartAt: null,
    });
    expect(await office.idsOf()).toHaveLength(3);
    const { body } = await office.ask("discardDeadLetters", { body: { filter: { statusCode: 503 }, dryRun: true } });
    expect(body).toEqual({ dryRun: true, matched: 3, more: false, discarded: 0, nextCursor: null });
    expect(await office.idsOf()).toHaveLength(3);
  });

  test("lets them begin one after the other at the pace, oldest nominal time first, and leaves what does not match", async () => {
    const jobId = await office.job({ priority: 7 });
    const all: string[] = [];
    for (let index = 0; index < 4; index++) all.push(await office.die({ jobId, nominalMs: startMs - 10_000 + index }));
    const other = await office.die({ statusCode: 400 });
    const answer = await office.replay({ pace: 2 }, { statusCode: 503 });
    const lastStartAt = new Date(startMs + 1_500).toISOString();
    expect(answer).toEqual({ dryRun: false, matched: 4, replayed: 4, more: false, nextCursor: null, lastStartAt });
    const live = await Promise.all(all.map((runId) => liveRun(office, runId)));
    expect(live.map((run) => [run?.state, run?.attempt, run?.due_ms])).toEqual(
      [0, 500, 1_000, 1_500].map((ms) => ["waiting", 2, startMs + ms]),
    );
    expect(await office.rows("select distinct priority from punctual.live_runs")).toEqual([{ priority: 7 }]);
    expect(await office.idsOf()).toEqual([other]);
    expect(office.woken.at(-1)).toBe(Number.parseInt(jobId.slice(-2), 16));
  });

  test("goes on with the cursor where it stopped, at the same pace, and never replays one twice", async () => {
    const jobId = await office.job();
    for (let index = 0; index < 5; index++) await office.die({ jobId, nominalMs: startMs + index });
    const first = await office.replay({ limit: 2, pace: 1 });
    expect(first).toMatchObject({ matched: 2, more: true, lastStartAt: new Date(startMs + 1_000).toISOString() });
    const second = await office.replay({ limit: 3, pace: 1, cursor: first.nextCursor });
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
    const jobId = await office.job();
    for (let index = 0; index < 20; index++) await office.die({ jobId, nominalMs: startMs + index });
    const answers = await Promise.all([1, 2, 3, 4].map(() => office.replay({})));
    expect(answers.reduce((sum, { replayed }) => sum + replayed, 0)).toBe(20);
    expect(await office.rows("select count(*)::int as n from punctual.live_runs")).toEqual([{ n: 20 }]);
  });
});

test("discarding many deals with those that match, and no others", async () => {
  const [refused, busy] = [await office.die({ statusCode: 400 }), await office.die()];
  const { body } = await office.ask("discardDeadLetters", { body: { filter: { statusCode: 400 }, reason: "old clients" } });
  expect(body).toEqual({ dryRun: false, matched: 1, discarded: 1, more: false, nextCursor: null });
  expect(await office.idsOf()).toEqual([busy]);
  expect(await office.idsOf({ resolved: true })).toEqual([refused]);
});
