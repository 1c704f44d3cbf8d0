import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backfillPage } from "../../src/model/backfill.ts";
import { occurrenceRunId, shardOf } from "../../src/model/ids.ts";
import { type JobDefinition, planOf } from "../../src/model/job-definition.ts";
import { advanceBackfill, readRunningBackfills } from "../../src/store/backfills.ts";
import { fire } from "../../src/store/firing.ts";
import { moveOf, placement, runOf } from "../store/fixture.ts";
import { carryOutAll, type Office, openOffice, runsOf } from "./fixture.ts";

let office: Office;
beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office.database.drop());

const from = "2027-03-01T08:00:00Z";
const to = "2027-03-01T08:10:00Z";
const minutely = async (): Promise<string> => (await office.create({ cron: "* * * * *" })).jobId;
const minute = (index: number) => Date.parse(from) + index * 60_000;
const ask = (jobId: string, body: object = {}) => office.ask("createBackfill", { params: { jobId }, body: { from, to, ...body } });
const start = async (jobId: string, body: object = {}) => ((await ask(jobId, body)).body as { backfillId: string }).backfillId;
const read = async (backfillId: string) => (await office.ask("getBackfill", { params: { backfillId } })).body;
/** What the loop does in one look. */
async function advance(jobId: string, limit = 200): Promise<string | undefined> {
  const running = await readRunningBackfills(office.db, [shardOf(jobId)]);
  const backfill = running.find((each) => each.job_id === jobId);
  if (!backfill) return undefined;
  const [job] = await office.rows<{ definition: string }>("select definition from punctual.jobs where job_id = $1", [jobId]);
  const { schedule } = planOf(
    JSON.parse(job?.definition ?? '{"cron":"* * * * *","target":{"type":"http","url":"https://a.example"}}') as JobDefinition,
    jobId,
  );
  const page = backfillPage(schedule, jobId, { fromMs: backfill.next_ms, toMs: backfill.to_ms }, limit);
  return (await advanceBackfill(office.db, backfill, page, placement))?.state;
}
/** Records what became of an occurrence, as if it had been fired in its time. */
const record = (jobId: string, index: number, state: string) =>
  office.rows(
    `insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, finished_at, reason)
     values ($1, $2, $3, $4, 1, $5, 'scheduled', punctual.at($6), 0, punctual.clock(), 'r')`,
    [shardOf(jobId), occurrenceRunId(jobId, minute(index)), jobId, office.tenantId, state, minute(index)],
  );

describe("a backfill", () => {
  test("is counted by a dry run, which makes nothing", async () => {
    const jobId = await minutely();
    await record(jobId, 2, "succeeded");
    await record(jobId, 3, "skipped");
    const { status, body } = await ask(jobId, { dryRun: true });
    expect([status, body]).toEqual([
      200,
      { occurrences: 10, alreadyRan: 1, toRun: 9, first: "2027-03-01T08:00:00.000Z", last: "2027-03-01T08:09:00.000Z" },
    ]);
    expect((await office.ask("listBackfills", { query: { jobId } })).body.items).toEqual([]);
  });

  test("carries out what has not run, a few at a time, passes over what has, and is done when the last one has ended", async () => {
    const jobId = await minutely();
    await record(jobId, 0, "dead");
    await record(jobId, 1, "skipped");
    const backfillId = await start(jobId, { concurrency: 4 });
    expect(await read(backfillId)).toMatchObject({ status: "running", total: 10, started: 0, percent: 0, priority: -1 });
    await advance(jobId);
    await advance(jobId);
    expect(await read(backfillId)).toMatchObject({ started: 4, passedOver: 1, live: 4, percent: 10 });
    expect((await runsOf(office, jobId)).slice(0, 6).map((run) => [run.nominal, run.state])).toEqual([
      ["08:00:00", "dead"],
      ...["08:01:00", "08:02:00", "08:03:00", "08:04:00"].map((nominal) => [nominal, "ready"]),
    ]);
    for (let round = 0; round < 3; round++) {
      await carryOutAll(office);
      await advance(jobId);
    }
    expect(await read(backfillId)).toMatchObject({
      status: "done",
      started: 9,
      passedOver: 1,
      live: 0,
      percent: 100,
      endedAt: expect.any(String),
    });
    expect(await runsOf(office, jobId)).toHaveLength(10);
  });

  test("is refused with the count when it is too large, and for ranges that are not past", async () => {
    const { jobId } = await office.create({ every: "1s" });
    const tenYears = { from: "2017-03-01T00:00:00Z", to: "2027-03-01T00:00:00Z" };
    await expect(ask((await office.create({ every: "1s", anchor: "2000-01-01T00:00:00Z" })).jobId, tenYears)).rejects.toMatchObject({
      code: "backfill_too_large",
      message: expect.stringContaining("315532800"),
    });
    await expect(ask((await office.create({ cron: "* * * * * *" })).jobId, tenYears)).rejects.toMatchObject({
      code: "backfill_too_large",
      message: expect.stringContaining("more than 100000"),
    });
    const refusal = (body: object) => office.refusalOf("createBackfill", { params: { jobId }, body: { from, to, ...body } });
    expect([await refusal({ to: "2027-03-01T10:00:00Z" }), await refusal({ to: from }), await refusal({ from: "soon" })]).toEqual([
      "request_invalid",
      "request_invalid",
      "instant_invalid",
    ]);
  });

  test("is one at a time of a job; paused it makes nothing, cancelled it takes its waiting runs with it", async () => {
    const jobId = await minutely();
    const backfillId = await start(jobId, { concurrency: 2 });
    expect(await office.refusalOf("createBackfill", { params: { jobId }, body: { from, to } })).toBe("backfill_unfinished");
    await advance(jobId);
    expect((await office.ask("pauseBackfill", { params: { backfillId } })).body).toMatchObject({ status: "paused", live: 2 });
    await carryOutAll(office);
    expect(await advance(jobId)).toBeUndefined();
    await office.ask("resumeBackfill", { params: { backfillId } });
    expect(await advance(jobId)).toBe("running");
    expect((await office.ask("cancelBackfill", { params: { backfillId } })).body).toMatchObject({
      status: "cancelled",
      live: 0,
      started: 4,
    });
    expect((await runsOf(office, jobId)).filter((run) => run.state === "cancelled")).toHaveLength(2);
    expect(await office.refusalOf("pauseBackfill", { params: { backfillId } })).toBe("backfill_ended");
    expect(await office.refusalOf("getBackfill", { params: { backfillId: jobId } })).toBe("backfill_not_found");
    expect(await office.refusalOf("getBackfill", { params: { backfillId } }, await office.addTenant("stranger"))).toBe(
      "backfill_not_found",
    );
  });

  test("leaves to the job's cursor what is due and not fired, and ends with its job", async () => {
    const job = await office.addJob({ nextMs: minute(5) });
    const backfillId = await start(job.jobId, { concurrency: 100 });
    expect(await read(backfillId)).toMatchObject({ total: 5, to: "2027-03-01T08:05:00.000Z" });
    await office.rows("update punctual.backfills set to_at = punctual.at($2) where backfill_id = $1", [backfillId, minute(10)]);
    await advance(job.jobId);
    expect(await read(backfillId)).toMatchObject({ started: 5, passedOver: 5 });
    await fire(office.db, null, [moveOf(job)], [runOf(job, { state: "ready" })]);
    expect(await runsOf(office, job.jobId)).toHaveLength(6);
    await office.rows("delete from punctual.jobs where job_id = $1", [job.jobId]);
    expect(await advance(job.jobId)).toBe("cancelled");
  });

  test("never doubles an occurrence, whatever ran before, however it is paged, and with two owners at once", async () => {
    const cases = fc.record({
      history: fc.array(fc.constantFrom("none", "skipped", "succeeded", "dead", "cancelled"), { minLength: 10, maxLength: 10 }),
      concurrency: fc.integer({ min: 1, max: 12 }),
      limit: fc.integer({ min: 1, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ history, concurrency, limit }) => {
        const jobId = await minutely();
        for (const [index, state] of history.entries()) if (state !== "none") await record(jobId, index, state);
        const backfillId = await start(jobId, { concurrency });
        for (let round = 0; round < 40 && (await read(backfillId)).status === "running"; round++) {
          await Promise.all([advance(jobId, limit), advance(jobId, limit)]);
          expect((await read(backfillId)).live).toBeLessThanOrEqual(concurrency);
          if (round % 2 === 0) await carryOutAll(office);
        }
        const toRun = history.filter((state) => state === "none" || state === "skipped").length;
        expect(await read(backfillId)).toMatchObject({ status: "done", started: toRun, passedOver: 10 - toRun });
        const runs = (await runsOf(office, jobId)).map((run) => run.state);
        expect(runs).toEqual(history.map((state) => (state === "none" || state === "skipped" ? "succeeded" : state)));
      }),
      { numRuns: 10 },
    );
  });
});
