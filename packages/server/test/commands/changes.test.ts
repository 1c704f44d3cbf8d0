import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { reviseJob } from "../../src/store/job-revisions.ts";
import { findJob } from "../../src/store/jobs.ts";
import { minuteMs, startMs } from "../store/fixture.ts";
import { carryOutAll, type Office, openOffice, runsOf } from "./fixture.ts";

let office: Office;
beforeAll(async () => {
  office = await openOffice();
});
beforeEach(() => office.database.freezeClock(startMs));
afterAll(() => office.database.drop());

const update = (jobId: string, body: object, ifMatch: number | null = null) =>
  office.ask("updateJob", { params: { jobId }, body, ifMatch });
const refusalOfUpdate = (jobId: string, body: object, ifMatch: number | null = null) =>
  office.refusalOf("updateJob", { params: { jobId }, body, ifMatch });
const pause = (jobId: string) => office.ask("pauseJob", { params: { jobId } });
const resume = (jobId: string) => office.ask("resumeJob", { params: { jobId } });
const remove = (jobId: string) => office.ask("deleteJob", { params: { jobId } });
const get = async (jobId: string) => (await office.ask("getJob", { params: { jobId } })).body;

describe("a recurring job never fires by being", () => {
  test("created", async () => {
    const job = await office.create({ cron: "* * * * *" });
    expect(job.nextRunAt).toBe("2027-03-01T09:01:00.000Z");
    await office.engineLooks();
    expect(await runsOf(office, job.jobId)).toEqual([]);
  });

  test("given another schedule", async () => {
    const job = await office.create({ cron: "*/5 * * * *" });
    await office.database.moveClock(90_000);
    expect((await update(job.jobId, { every: "1m", anchor: "2027-01-01T00:00:00Z" })).body.nextRunAt).toBe("2027-03-01T09:02:00.000Z");
    await office.engineLooks();
    expect(await runsOf(office, job.jobId)).toEqual([]);
  });

  test("resumed: what fell into the pause is not made up for", async () => {
    const job = await office.create({ cron: "* * * * *" });
    await pause(job.jobId);
    expect(await get(job.jobId)).toMatchObject({ status: "paused", nextRunAt: null });
    await office.database.moveClock(10 * minuteMs);
    await office.engineLooks();
    expect((await resume(job.jobId)).body).toMatchObject({ status: "active", nextRunAt: "2027-03-01T09:11:00.000Z" });
    await office.engineLooks();
    expect(await runsOf(office, job.jobId)).toEqual([]);
  });
});

describe("a one-time job", () => {
  test("whose time has passed runs at once, under its own time", async () => {
    const job = await office.create({ runAt: "2027-02-01T00:00:00Z" });
    expect(office.woken).toContain(Number.parseInt(job.jobId.slice(-2), 16));
    expect(await office.engineLooks()).toBeGreaterThan(0);
    expect(await runsOf(office, job.jobId)).toMatchObject([{ nominal: "00:00:00", state: "ready" }]);
    expect(await get(job.jobId)).toMatchObject({ status: "completed", nextRunAt: null });
  });

  test("set back to a time that had its run does not run again, and one set to another time does", async () => {
    const job = await office.create({ runAt: "2027-03-01T09:00:00Z" });
    await office.engineLooks();
    await carryOutAll(office);
    expect((await update(job.jobId, { runAt: "2027-03-01T10:00:00Z" })).body.status).toBe("active");
    expect((await update(job.jobId, { runAt: "2027-03-01T09:00:00Z" })).body.status).toBe("completed");
    await office.engineLooks();
    expect(await runsOf(office, job.jobId)).toHaveLength(1);
    await update(job.jobId, { runAt: "2027-03-01T08:00:00Z" });
    await office.engineLooks();
    expect((await runsOf(office, job.jobId)).map((run) => run.nominal)).toEqual(["08:00:00", "09:00:00"]);
  });

  test("paused over its time is over when it is resumed", async () => {
    const job = await office.create({ runAt: "2027-03-01T09:05:00Z" });
    await pause(job.jobId);
    await office.database.moveClock(10 * minuteMs);
    expect((await resume(job.jobId)).body.status).toBe("completed");
    expect(await runsOf(office, job.jobId)).toEqual([]);
  });
});

describe("an occurrence that is due when its job is changed belongs to the old revision and is not lost", () => {
  const changes: [string, (jobId: string) => Promise<unknown>, string][] = [
    ["edited", (jobId) => update(jobId, { timeout: "5s" }), "ready"],
    ["given another schedule", (jobId) => update(jobId, { every: "1h" }), "ready"],
    ["paused", pause, "ready"],
    ["deleted", remove, "cancelled"],
  ];
  test.each(changes)("%s", async (_name, change, state) => {
    const job = await office.create({ cron: "* * * * *" });
    await office.database.moveClock(3 * minuteMs + 1);
    await change(job.jobId);
    await office.engineLooks();
    expect(await runsOf(office, job.jobId)).toMatchObject(
      ["09:01:00", "09:02:00", "09:03:00"].map((nominal) => ({ nominal, revision: 1, state })),
    );
  });

  test("and one that is refused for another reason leaves it to the engine", async () => {
    const job = await office.create({ cron: "* * * * *" });
    await office.database.moveClock(minuteMs);
    expect(await refusalOfUpdate(job.jobId, { cron: "61 * * * *" })).toBe("schedule_invalid");
    expect(await runsOf(office, job.jobId)).toEqual([]);
  });

  test("also after a day without an engine: every occurrence of 86,400 is a run or a skipped row", async () => {
    const job = await office.create({ every: "1s", misfire: { policy: "skip", window: "1s" } });
    await office.database.moveClock(86_400_000);
    await pause(job.jobId);
    const states = await office.rows<{ state: string; count: number }>(
      "select state, count(*)::int as count from (select state from punctual.live_runs where job_id = $1 union all select state from punctual.finished_runs where job_id = $1) r group by state order by state",
      [job.jobId],
    );
    expect(states).toEqual([
      { state: "ready", count: 2 },
      { state: "skipped", count: 86_398 },
    ]);
  });
});

describe("changes made while the engine fires", () => {
  test("lose no occurrence and double none, whatever their order", async () => {
    const step = fc.constantFrom("edit", "reschedule", "pause", "resume", "look", "end", "tick");
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
        await office.database.freezeClock(startMs);
        const { jobId } = await office.create({ every: "10s", anchor: "2027-01-01T00:00:00Z" });
        let nowMs = startMs;
        // What should have fired: every ten seconds while the job is active.
        const expected: string[] = [];
        let isActive = true;
        let timeout = 1;
        for (const each of steps) {
          if (each === "tick") {
            nowMs += 10_000;
            await office.database.freezeClock(nowMs);
            if (isActive) expected.push(new Date(nowMs).toISOString().slice(11, 19));
          }
          // Each change meets an engine that looks at the same moment.
          const look = each === "look" || each === "tick" ? Promise.resolve(0) : office.engineLooks();
          if (each === "look") await office.engineLooks();
          if (each === "end") await carryOutAll(office);
          if (each === "edit") await update(jobId, { timeout: `${++timeout}s` });
          if (each === "reschedule")
            await update(jobId, { every: "10s", anchor: `2027-01-01T00:00:${timeout % 2 ? "10" : "00"}Z`, timeout: `${++timeout}s` });
          if (each === "pause") await pause(jobId);
          if (each === "resume") await resume(jobId);
          await look;
          if (each === "pause") isActive = false;
          if (each === "resume") isActive = true;
        }
        await office.engineLooks();
        expect((await runsOf(office, jobId)).map((run) => run.nominal)).toEqual(expected);
        await carryOutAll(office);
        await remove(jobId);
      }),
      { numRuns: 40 },
    );
  });

  test("never set an occurrence again that fired after the change was decided, also when its run has ended", async () => {
    const job = await office.create({ cron: "* * * * *" });
    await office.database.freezeClock(startMs + minuteMs - 1);
    const read = await findJob(office.db, office.tenantId, job.jobId);
    if (!read) throw new Error("expected the job");
    await office.database.freezeClock(startMs + minuteMs);
    await office.engineLooks();
    await carryOutAll(office);
    const decided = {
      name: null,
      status: "active" as const,
      definition: read.definition,
      payload: null,
      targetType: "http",
      labels: {},
      pauseReason: null,
      cursor: {
        action: "set" as const,
        next: { nominalMs: startMs + minuteMs, dueMs: startMs + minuteMs },
        afterMs: null,
        restartCount: true,
        mayHavePassed: false,
      },
    };
    const expected = { revision: read.revision, nextMs: read.next_ms };
    expect(await reviseJob(office.db, office.tenantId, job.jobId, expected, "updated", decided)).toBeNull();
    await office.engineLooks();
    expect(await runsOf(office, job.jobId)).toHaveLength(1);
  });
});
