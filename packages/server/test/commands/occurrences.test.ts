import type { Query } from "@punctual/contract";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { minuteMs, startMs } from "../store/fixture.ts";
import { carryOutAll, hook, type Office, openOffice } from "./fixture.ts";

let office: Office;
beforeAll(async () => {
  office = await openOffice();
});
beforeEach(() => office.database.freezeClock(startMs));
afterAll(() => office.database.drop());

const list = async (jobId: string, query: Query<"listOccurrences"> = {}) =>
  (await office.ask("listOccurrences", { params: { jobId }, query })).body;

async function listAll(jobId: string, query: Query<"listOccurrences">) {
  const items = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await list(jobId, { ...query, ...(cursor !== undefined && { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

const instant = (minutes: number) => new Date(startMs + minutes * minuteMs).toISOString();

describe("a job's occurrences", () => {
  test("past and to come follow each other without gap or overlap, in pages of any size, fired or not", async () => {
    const job = await office.create({ cron: "* * * * *" });
    await office.database.moveClock(10 * minuteMs);
    await office.engineLooks();
    await carryOutAll(office);
    await office.database.moveClock(10 * minuteMs);
    await office.engineLooks();
    // Five more are due, and no engine has come to them.
    await office.database.moveClock(5 * minuteMs);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 30 }), async (limit, from) => {
        const items = await listAll(job.jobId, { limit, from: instant(from), to: instant(40) });
        const first = Math.max(1, from);
        expect(items.map((item) => item.nominalAt)).toEqual(Array.from({ length: 40 - first }, (_, index) => instant(first + index)));
        expect(items.map((item) => item.status)).toEqual(
          items.map((_, index) => (first + index <= 10 ? "succeeded" : first + index <= 20 ? "ready" : "scheduled")),
        );
        expect(items.every((item) => (item.runId !== null) === (item.status !== "scheduled"))).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  test("begin now unless it is said otherwise, fifty a page", async () => {
    const job = await office.create({ cron: "* * * * *" });
    await office.database.moveClock(3 * minuteMs);
    await office.engineLooks();
    const { items, nextCursor } = await list(job.jobId);
    expect(items).toHaveLength(50);
    expect(items[0]).toMatchObject({ nominalAt: instant(3), status: "ready" });
    expect(nextCursor).not.toBeNull();
  });

  test("end where maxRuns ends the schedule, counting what was fired before", async () => {
    const job = await office.create({ cron: "* * * * *", maxRuns: 5 });
    await office.database.moveClock(2 * minuteMs);
    await office.engineLooks();
    const items = await listAll(job.jobId, { from: instant(0), limit: 2 });
    expect(items.map((item) => item.nominalAt)).toEqual([1, 2, 3, 4, 5].map(instant));
    expect((await list(job.jobId, { from: instant(4) })).items.map((item) => item.nominalAt)).toEqual([4, 5].map(instant));
  });

  test("are not counted for seconds on end when maxRuns is large and the time far away", async () => {
    const job = await office.create({ every: "1s", maxRuns: 2_000_000_000 });
    expect(await office.refusalOf("listOccurrences", { params: { jobId: job.jobId }, query: { from: "2090-01-01T00:00:00Z" } })).toBe(
      "request_invalid",
    );
    expect((await list(job.jobId, { from: instant(60) })).items).toHaveLength(50);
  });

  test("of a paused or completed job are only those recorded", async () => {
    const once = await office.create({ runAt: instant(0) });
    await office.engineLooks();
    expect((await list(once.jobId, { from: instant(-1) })).items).toMatchObject([{ nominalAt: instant(0), status: "ready" }]);
    const paused = await office.create({ cron: "* * * * *" });
    await office.ask("pauseJob", { params: { jobId: paused.jobId } });
    expect(await list(paused.jobId)).toEqual({ items: [], nextCursor: null });
  });

  test("show one that was skipped, and why", async () => {
    const job = await office.create({ cron: "* * * * *", misfire: { window: "1m", policy: "skip" } });
    await office.database.moveClock(3 * minuteMs);
    await office.engineLooks();
    const { items } = await list(job.jobId, { from: instant(0), limit: 3 });
    expect(items.map(({ status, reason }) => [status, reason])).toEqual([
      ["skipped", "misfire"],
      ["ready", null],
      ["ready", null],
    ]);
  });

  test("fired while they are listed are not listed twice", async () => {
    const job = await office.create({ cron: "* * * * *" });
    await office.database.moveClock(minuteMs);
    // Fires between the reading of the job and the reading of its runs.
    let fired = false;
    const { db } = office;
    const query = db.query.bind(db) as (...args: unknown[]) => Promise<unknown>;
    db.query = (async (...args: unknown[]) => {
      if (!fired && typeof args[0] === "string" && args[0].includes("finished_runs")) {
        fired = true;
        await office.engineLooks();
      }
      return query(...args);
    }) as typeof db.query;
    try {
      const { items } = await list(job.jobId, { from: instant(0), limit: 3 });
      expect(fired).toBe(true);
      expect(items.map((item) => item.nominalAt)).toEqual([1, 2, 3].map(instant));
    } finally {
      db.query = query as typeof db.query;
    }
  });
});

describe("a preview", () => {
  const preview = async (body: object) => (await office.ask("previewSchedule", { body })).body;

  test("lists what a job with this schedule would fire, with local times, and stores nothing", async () => {
    const before = await office.rows("select count(*) from punctual.jobs");
    const answer = await preview({ cron: "30 2 * * *", timezone: "Asia/Kolkata", count: 2 });
    expect(answer).toMatchObject({ timezone: "Asia/Kolkata", nextFrom: "2027-03-02T21:00:00.000Z" });
    expect(answer.occurrences).toEqual([
      { nominalAt: "2027-03-01T21:00:00.000Z", effectiveAt: "2027-03-01T21:00:00.000Z", localTime: "2027-03-02T02:30:00+05:30" },
      { nominalAt: "2027-03-02T21:00:00.000Z", effectiveAt: "2027-03-02T21:00:00.000Z", localTime: "2027-03-03T02:30:00+05:30" },
    ]);
    expect(await office.rows("select count(*) from punctual.jobs")).toEqual(before);
    const job = await office.create({ cron: "30 2 * * *", timezone: "Asia/Kolkata" });
    expect(job.nextRunAt).toBe(answer.occurrences[0]?.nominalAt);
  });

  test("goes on from where the last one ended", async () => {
    const whole = (await preview({ every: "90s", anchor: "2027-01-01T00:00:00Z", count: 20 })).occurrences;
    const first = await preview({ every: "90s", anchor: "2027-01-01T00:00:00Z", count: 10 });
    const second = await preview({ every: "90s", anchor: "2027-01-01T00:00:00Z", count: 10, from: first.nextFrom });
    expect([...first.occurrences, ...second.occurrences]).toEqual(whole);
  });

  test("of a schedule that ends says so, and of a time that has passed shows it", async () => {
    expect(await preview({ runAt: "2020-01-01T00:00:00Z" })).toMatchObject({
      occurrences: [{ nominalAt: "2020-01-01T00:00:00.000Z" }],
      nextFrom: null,
    });
    expect(await preview({ every: "1h", endAt: "2027-03-01T11:30:00Z", anchor: "2027-01-01T00:00:00Z" })).toMatchObject({
      occurrences: [{ nominalAt: "2027-03-01T10:00:00.000Z" }, { nominalAt: "2027-03-01T11:00:00.000Z" }],
      nextFrom: null,
    });
    expect(await office.refusalOf("previewSchedule", { body: { target: hook } as never })).toBe("schedule_missing");
  });
});
