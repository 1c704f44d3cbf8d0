import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { minuteMs, startMs } from "../store/fixture.ts";
import { hook, type Office, openOffice, runsOf } from "./fixture.ts";

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
const get = async (jobId: string) => (await office.ask("getJob", { params: { jobId } })).body;

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
    expect(await refusalOfUpdate(job.jobId, { timeout: "6s" }, 1)).toBe("revision_mismatch");
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
    expect(await office.refusalOf("upsertJob", { params: { name: "nobody" }, body: { target: hook, every: "1h" }, ifMatch: 1 })).toBe(
      "revision_mismatch",
    );
  });
});
