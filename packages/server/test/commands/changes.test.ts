import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { reviseJob } from "../../src/store/job-revisions.ts";
import { findJob } from "../../src/store/jobs.ts";
import { minuteMs, startMs } from "../store/fixture.ts";
import { carryOutAll, hook, type Office, openOffice, runsOf } from "./fixture.ts";

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
      cursor: { action: "set" as const, nextMs: startMs + minuteMs, restartCount: true },
    };
    const expected = { revision: read.revision, nextMs: read.next_ms };
    expect(await reviseJob(office.db, office.tenantId, job.jobId, expected, "updated", decided)).toBeNull();
    await office.engineLooks();
    expect(await runsOf(office, job.jobId)).toHaveLength(1);
  });
});

describe("updating", () => {
  test("makes a revision, and the same again makes none", async () => {
    const job = await office.create({ every: "5m", labels: { a: "1" }, payload: { x: 1 } });
    const first = await update(job.jobId, { labels: { a: "2" }, payload: [1] });
    expect(first.body).toMatchObject({ revision: 2, labels: { a: "2" }, payload: [1], every: "5m", nextRunAt: job.nextRunAt });
    expect(first.revision).toBe(2);
    expect((await update(job.jobId, { labels: { a: "2" }, every: "5m" })).body.revision).toBe(2);
    expect((await update(job.jobId, {})).body.revision).toBe(2);
  });

  test("is refused when its author has read another revision", async () => {
    const job = await office.create({ every: "5m" });
    await update(job.jobId, { timeout: "5s" }, 1);
    expect(await refusalOfUpdate(job.jobId, { timeout: "6s" }, 1)).toBe(
      "revision_mismatch",
    );
    expect(await office.refusalOf("deleteJob", { params: { jobId: job.jobId }, ifMatch: 1 })).toBe("revision_mismatch");
    expect((await get(job.jobId)).timeout).toBe("5s");
  });

  test("by ten people at once is ten revisions in a row", async () => {
    const job = await office.create({ cron: "* * * * *" });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => update(job.jobId, { timeout: `${index + 2}s` })));
    expect(answers.map(({ body }) => body.revision).every((revision) => revision >= 2 && revision <= 11)).toBe(true);
    const history = await office.rows("select revision from punctual.job_revisions where job_id = $1 order by revision", [job.jobId]);
    expect(history).toEqual(Array.from({ length: 10 }, (_, index) => ({ revision: index + 1 })));
    expect((await get(job.jobId)).revision).toBe(11);
  });

  test("the schedule of a paused job counts its runs anew", async () => {
    const job = await office.create({ cron: "* * * * *", maxRuns: 3 });
    await office.database.moveClock(2 * minuteMs);
    await office.engineLooks();
    await pause(job.jobId);
    await update(job.jobId, { cron: "*/2 * * * *", maxRuns: 2 });
    await resume(job.jobId);
    await office.database.moveClock(10 * minuteMs);
    await office.engineLooks();
    expect((await runsOf(office, job.jobId)).map((run) => run.nominal)).toEqual(["09:01:00", "09:02:00", "09:04:00", "09:06:00"]);
    expect((await get(job.jobId)).status).toBe("completed");
  });

  test("a job whose schedule is over gives it a new one, and pausing or resuming it is refused", async () => {
    const job = await office.create({ runAt: "2027-03-01T09:00:00Z" });
    await office.engineLooks();
    expect(await office.refusalOf("pauseJob", { params: { jobId: job.jobId } })).toBe("job_completed");
    expect(await office.refusalOf("resumeJob", { params: { jobId: job.jobId } })).toBe("job_completed");
    expect((await update(job.jobId, { cron: "* * * * *" })).body).toMatchObject({
      status: "active",
      nextRunAt: "2027-03-01T09:01:00.000Z",
    });
  });

  test("a name that is taken is refused", async () => {
    await office.create({ name: "taken", every: "1h" });
    const job = await office.create({ name: "mine", every: "1h" });
    expect(await refusalOfUpdate(job.jobId, { name: "taken" })).toBe("name_taken");
    expect(await get(job.jobId)).toMatchObject({ name: "mine", revision: 1 });
  });
});

describe("upserting by name", () => {
  const upsert = (name: string, body: object, ifMatch: number | null = null) =>
    office.ask("upsertJob", { params: { name }, body: { target: hook, ...body }, ifMatch });

  test("creates, then changes, then changes nothing", async () => {
    expect(await upsert("nightly", { every: "1h" })).toMatchObject({ status: 201, body: { name: "nightly", revision: 1 } });
    expect(await upsert("nightly", { every: "1h" })).toMatchObject({ status: 200, body: { revision: 1 } });
    expect(await upsert("nightly", { every: "2h" })).toMatchObject({ status: 200, body: { revision: 2, every: "2h" } });
  });

  test("by ten at once makes one job", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => upsert("herd", { cron: "0 * * * *" })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.map(({ body }) => body.jobId)).size).toBe(1);
    expect(answers.every(({ body }) => body.revision === 1)).toBe(true);
  });

  test("while others delete it ends with a job, never with an error", async () => {
    await upsert("flicker", { cron: "0 * * * *" });
    const rounds = Array.from({ length: 10 }, async (_, index) => {
      const { body } = await upsert("flicker", { cron: `${index} * * * *` });
      await office.refusalOf("deleteJob", { params: { jobId: body.jobId } });
    });
    await Promise.all(rounds);
    expect((await upsert("flicker", { cron: "0 * * * *" })).body.name).toBe("flicker");
  });

  test("for a revision of a job that is not there is refused", async () => {
    expect(
      await office.refusalOf("upsertJob", { params: { name: "nobody" }, body: { target: hook, every: "1h" }, ifMatch: 1 }),
    ).toBe("revision_mismatch");
  });
});
