import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { claimReady, settle } from "../../src/store/dispatching.ts";
import { fire, readDue } from "../../src/store/firing.ts";
import { minuteMs, placement, startMs } from "../store/fixture.ts";
import { type Office, openOffice, runsOf } from "./fixture.ts";

let office: Office;
beforeEach(async () => {
  office = await openOffice();
});
afterEach(() => office.database.drop());

const allShards = Array.from({ length: 256 }, (_, shard) => shard);
const iso = (ms: number) => new Date(ms).toISOString();
const clockTime = (ms: number) => iso(ms).slice(11, 19);

describe("the whole schedule reaches a job", () => {
  test("a pattern in another dialect, with exclusions and a policy for clock changes, comes back as it was given", async () => {
    const given = {
      cron: "0 30 2 ? * MON-FRI",
      dialect: "quartz",
      timezone: "America/New_York",
      dst: { gap: "skip", overlap: "both" },
      exclude: [{ date: "12-25" }, { from: "2027-07-01", to: "2027-07-14" }, { weekly: "FRI", between: "00:00-12:00" }],
      spread: "5m",
      jitter: "30s",
    } as const;
    const job = await office.create({ ...given, exclude: [...given.exclude] });
    expect(job).toMatchObject(given);
    // Monday 2027-03-01 at 02:30 in New York has passed (it is 04:00 there); Tuesday's is next.
    expect(job.nextRunAt).toBe("2027-03-02T07:30:00.000Z");
  });

  test("`H` is spread by the job's id: it stays, and two jobs differ", async () => {
    const jobs = await Promise.all(Array.from({ length: 12 }, () => office.create({ cron: "H H * * *" })));
    expect(new Set(jobs.map((job) => job.nextRunAt)).size).toBeGreaterThan(6);
    const [first] = jobs;
    const { body: again } = await office.ask("updateJob", { params: { jobId: first?.jobId ?? "" }, body: { labels: { a: "b" } } });
    expect(again.nextRunAt).toBe(first?.nextRunAt);
  });

  test("a recurrence rule without a beginning begins when the job is made, and saying it again changes nothing", async () => {
    const rrule = "FREQ=DAILY;INTERVAL=2;BYHOUR=9;BYMINUTE=30;BYSECOND=0";
    const job = await office.create({ name: "r", rrule });
    expect(job).toMatchObject({ rrule, anchor: iso(startMs), nextRunAt: "2027-03-01T09:30:00.000Z" });
    await office.database.moveClock(minuteMs);
    const { status, body } = await office.ask("upsertJob", { params: { name: "r" }, body: { rrule, target: hookTarget } });
    expect({ status, revision: body.revision }).toEqual({ status: 200, revision: 1 });
  });

  test("business days: a monthly date that falls on a weekend or a holiday of a calendar is rolled to the next open day", async () => {
    const ics = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20270315\r\nSUMMARY:Founders\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    const job = await office.create({ cron: "0 9 13 * *", roll: "following", exclude: [{ weekly: "SAT-SUN" }, { ics }] });
    // The 13th of March 2027 is a Saturday, Monday the 15th is a holiday.
    expect(job.nextRunAt).toBe("2027-03-16T09:00:00.000Z");
  });

  test("another schedule's occurrences are left out; a mistake in it is shown at its place, and there is no third level", async () => {
    const exclude = [{ schedule: { cron: "0 9 1 * *", exclude: [{ date: "2027-04-01" }] } }];
    const job = await office.create({ cron: "0 9 * * *", timezone: "Europe/Berlin", exclude });
    expect(job).toMatchObject({ exclude, nextRunAt: "2027-03-02T08:00:00.000Z" });
    const create = (schedule: object) => office.create({ cron: "0 9 * * *", exclude: [{ schedule }] });
    await expect(create({ cron: "0 25 * * *" })).rejects.toMatchObject({
      code: "schedule_invalid",
      faults: [{ pointer: "/exclude/0/schedule/cron" }],
    });
    await expect(create({ every: "1d", exclude: [{ schedule: { every: "1d" } }] })).rejects.toMatchObject({
      faults: [{ pointer: "/exclude/0/schedule/exclude/0/schedule" }],
    });
  });

  test("several schedules in one fire whenever one of them does", async () => {
    const job = await office.create({ anyOf: [{ cron: "0 12 * * *" }, { cron: "30 9 * * *", timezone: "Asia/Tokyo" }] });
    const { body } = await office.ask("listOccurrences", { params: { jobId: job.jobId }, query: { limit: 3 } });
    expect(body.items.map((item) => item.nominalAt)).toEqual([
      "2027-03-01T12:00:00.000Z",
      "2027-03-02T00:30:00.000Z",
      "2027-03-02T12:00:00.000Z",
    ]);
  });
});

describe("a spread", () => {
  test("starts an occurrence later and leaves its nominal time, the same for every occurrence of a job", async () => {
    const job = await office.create({ cron: "*/10 * * * *", spread: "5m" });
    const offset = Date.parse(job.nextRunEffectiveAt ?? "") - Date.parse(job.nextRunAt ?? "");
    expect(offset).toBeGreaterThan(0);
    expect(offset).toBeLessThan(5 * minuteMs);
    await office.database.freezeClock(startMs + 10 * minuteMs + offset - 1);
    expect(await office.engineLooks()).toBe(0);
    await office.database.freezeClock(startMs + 10 * minuteMs + offset);
    expect(await office.engineLooks()).toBe(1);
    expect(await runsOf(office, job.jobId)).toMatchObject([{ nominal: clockTime(startMs + 10 * minuteMs) }]);
    const { body } = await office.ask("getJob", { params: { jobId: job.jobId } });
    expect(Date.parse(body.nextRunEffectiveAt ?? "") - Date.parse(body.nextRunAt ?? "")).toBe(offset);
  });

  test("is not lost by an edit: what had come but not started yet belongs to the old revision", async () => {
    const job = await office.create({ cron: "*/10 * * * *", spread: "5m" });
    await office.database.freezeClock(startMs + 10 * minuteMs);
    await office.ask("updateJob", { params: { jobId: job.jobId }, body: { cron: "0 0 * * *" } });
    expect(await runsOf(office, job.jobId)).toMatchObject([{ nominal: clockTime(startMs + 10 * minuteMs), revision: 1, state: "ready" }]);
  });

  test("catches up after a gap without starting the newest occurrence before its time", async () => {
    const job = await office.create({ cron: "* * * * *", spread: "50s" });
    const offset = Date.parse(job.nextRunEffectiveAt ?? "") - Date.parse(job.nextRunAt ?? "");
    await office.database.freezeClock(startMs + 5 * minuteMs + offset - 1);
    await office.engineLooks();
    expect((await runsOf(office, job.jobId)).map((run) => run.nominal)).toEqual(
      [1, 2, 3, 4].map((minute) => clockTime(startMs + minute * minuteMs)),
    );
  });
});

describe("a fixed delay", () => {
  const begin = async () => {
    const job = await office.create({ every: "1m", after: "completion" });
    await office.database.freezeClock(startMs + minuteMs);
    expect(await office.engineLooks()).toBe(1);
    return job;
  };
  const endRun = async (next: "succeeded" | "waiting") => {
    const node = await office.addNode();
    const [run] = await claimReady(office.db, node, allShards, { perShard: 10, total: 10 }, []);
    const { shard, run_id: runId, attempt } = run ?? { shard: 0, run_id: "", attempt: 0 };
    await settle(office.db, [
      { shard, runId, holder: node, attempt, next, delayMs: 0, reason: null, nextBecause: null, resumes: true, held: null, evidence: null },
    ]);
  };
  const nextOf = async (jobId: string) => (await office.ask("getJob", { params: { jobId } })).body;

  test("waits for the run's end, however long that takes, and counts from there", async () => {
    const { jobId } = await begin();
    await office.database.freezeClock(startMs + 10 * minuteMs);
    expect(await office.engineLooks()).toBe(0);
    expect(await nextOf(jobId)).toMatchObject({ status: "active", nextRunAt: null });
    await endRun("waiting");
    expect(await nextOf(jobId)).toMatchObject({ nextRunAt: null });
    await office.db.query("update punctual.live_runs set state = 'ready'");
    await endRun("succeeded");
    expect(await nextOf(jobId)).toMatchObject({ nextRunAt: iso(startMs + 11 * minuteMs) });
    await office.database.freezeClock(startMs + 11 * minuteMs);
    expect(await office.engineLooks()).toBe(1);
  });

  test("goes on when the run is cancelled, and not while the job is paused", async () => {
    const { jobId } = await begin();
    await office.ask("cancelJobRuns", { params: { jobId } });
    expect(await nextOf(jobId)).toMatchObject({ nextRunAt: iso(startMs + 2 * minuteMs) });
    await office.database.freezeClock(startMs + 2 * minuteMs);
    await office.engineLooks();
    await office.ask("pauseJob", { params: { jobId } });
    await endRun("succeeded");
    expect(await nextOf(jobId)).toMatchObject({ status: "paused", nextRunAt: null });
    await office.ask("resumeJob", { params: { jobId } });
    expect((await nextOf(jobId)).nextRunAt).not.toBeNull();
  });

  test("is listed among the active jobs while its run is under way", async () => {
    const { jobId } = await begin();
    const { body } = await office.ask("listJobs", { query: { status: "active" } });
    expect(body.items.map((job) => job.jobId)).toEqual([jobId]);
  });

  test("needs an interval", async () => {
    expect(await office.refusalOf("createJob", { body: { cron: "* * * * *", after: "completion", target: hookTarget } })).toBe(
      "schedule_invalid",
    );
  });
});

const hookTarget = { type: "http", url: "https://example.com/hook" } as const;

describe("questions about a schedule", () => {
  test("a preview shows when each occurrence would start, spread by the seed that is given", async () => {
    const { body } = await office.ask("previewSchedule", { body: { cron: "0 * * * *", spread: "30m", seed: "a", count: 2 } });
    const [first, second] = body.occurrences;
    expect(first?.nominalAt).toBe("2027-03-01T10:00:00.000Z");
    const offset = (occurrence: typeof first) => Date.parse(occurrence?.effectiveAt ?? "") - Date.parse(occurrence?.nominalAt ?? "");
    expect(offset(first)).toBeGreaterThan(0);
    expect(offset(second)).toBe(offset(first));
  });

  test("an explanation says which field does not match, and what comes before and after", async () => {
    const { body } = await office.ask("explainSchedule", { body: { cron: "0 9 * * MON", at: "2027-03-02T09:00:00Z" } });
    expect(body).toMatchObject({ fires: false, previous: "2027-03-01T09:00:00.000Z", next: "2027-03-08T09:00:00.000Z" });
    expect(body.reasons.some((reason) => !reason.holds)).toBe(true);
    const { body: monday } = await office.ask("explainSchedule", { body: { cron: "0 9 * * MON", at: "2027-03-01T09:00:00Z" } });
    expect(monday.fires).toBe(true);
    expect(monday.reasons.every((reason) => reason.holds)).toBe(true);
  });

  test("the linter names what surprises people", async () => {
    const { body } = await office.ask("lintSchedule", { body: { cron: "*/7 * * * *" } });
    expect(body.findings).toMatchObject([{ rule: "uneven-step", field: "cron" }]);
    expect((await office.ask("lintSchedule", { body: { cron: "*/5 * * * *" } })).body.findings).toEqual([]);
  });
});

test("two owners that fire one fixed-delay occurrence at once make one run", async () => {
  const job = await office.create({ every: "1m", after: "completion" });
  await office.database.freezeClock(startMs + minuteMs);
  const [due] = await readDue(office.db, { shards: allShards, watermarksMs: allShards.map(() => 0) }, 10);
  const nodes = [await office.addNode(), await office.addNode()];
  const shard = due?.shard ?? 0;
  const move = { shard, jobId: job.jobId, revision: 1, nextMs: due?.next_ms ?? 0, next: "on_completion" as const, counted: 1 };
  const run = { shard, jobId: job.jobId, runId: job.jobId, nominalMs: move.nextMs, placement, expiresMs: null, held: null, reason: null };
  const fired = await Promise.all(nodes.map((node) => fire(office.db, node, [move], [{ ...run, state: "running" }])));
  expect(fired.map(({ live }) => live.size).sort((a, b) => a - b)).toEqual([0, 1]);
});
