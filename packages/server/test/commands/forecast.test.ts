import { limits } from "@punctual/contract";
import { tzVersion } from "@punctual/schedule";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startMs } from "../store/fixture.ts";
import { type Office, openOffice } from "./fixture.ts";

let office: Office;
beforeEach(async () => {
  office = await openOffice();
});
afterEach(() => office.database.drop());

const at = (minutes: number) => new Date(startMs + minutes * 60_000).toISOString();
const forecast = async (body: Parameters<typeof ask>[0]) => (await ask(body)).body;
const ask = (body: { from?: string; to?: string; bucket?: string }, tenantId?: number) => office.ask("forecastLoad", { body }, tenantId);

describe("a forecast", () => {
  test("adds up what all active jobs will start, minute by minute", async () => {
    await Promise.all(Array.from({ length: 5 }, () => office.create({ cron: "*/2 * * * *" })));
    await office.create({ every: "1m", anchor: at(0) });
    await office.create({ runAt: at(3) });
    const paused = await office.create({ cron: "* * * * *" });
    await office.ask("pauseJob", { params: { jobId: paused.jobId } });
    expect(await forecast({ to: at(5) })).toEqual({
      from: at(0),
      to: at(5),
      bucketSeconds: 60,
      counts: [6, 1, 6, 2, 6],
      total: 21,
      busiest: { at: at(0), count: 6 },
      jobs: 7,
      isComplete: true,
    });
  });

  test("is of a day in minutes unless asked otherwise, and begins with a whole bucket", async () => {
    await office.create({ cron: "0 * * * *" });
    const day = await forecast({});
    expect([day.counts.length, day.total, day.to]).toEqual([1440, 24, at(1440)]);
    const hours = await forecast({ from: at(90), to: at(200), bucket: "1h" });
    expect([hours.from, hours.to, hours.counts]).toEqual([at(60), at(240), [1, 1, 1]]);
  });

  test("shows jobs where their spread will start them, and ends with maxRuns", async () => {
    const spread = await Promise.all(Array.from({ length: 30 }, () => office.create({ cron: "10 9 * * *", spread: "20m" })));
    const offset = Date.parse(spread[0]?.nextRunEffectiveAt ?? "") - Date.parse(spread[0]?.nextRunAt ?? "");
    await office.create({ cron: "30 * * * *", maxRuns: 3 });
    const day = await forecast({ from: at(0), to: at(1440), bucket: "1m" });
    const fullest = Math.max(...day.counts.slice(10, 30));
    expect(day.counts[10 + Math.floor(offset / 60_000)]).toBeGreaterThan(0);
    expect([day.total, fullest < 10]).toEqual([33, true]);
  });

  test("is of one tenant's jobs", async () => {
    await office.create({ cron: "* * * * *" });
    const other = (await ask({ to: at(1) }, await office.addTenant("other"))).body;
    expect(other).toMatchObject({ jobs: 0, total: 0, busiest: null, counts: [0] });
  });

  test.each([
    [{ from: at(10), to: at(10) }, "/to"],
    [{ to: at(32 * 1440) }, "/to"],
    [{ to: at(1440), bucket: "1s" }, "/bucket"],
    [{ bucket: "500ms" }, "/bucket"],
  ])("%j is refused", async (body, pointer) => {
    await expect(ask(body)).rejects.toMatchObject({ code: "request_invalid", faults: [{ pointer }] });
  });

  test("refuses what is no time and no duration, at its place", async () => {
    await expect(ask({ from: "tomorrow" })).rejects.toMatchObject({ code: "instant_invalid", faults: [{ pointer: "/from" }] });
    await expect(ask({ bucket: "often" })).rejects.toMatchObject({ code: "duration_invalid", faults: [{ pointer: "/bucket" }] });
  });

  test("reads more jobs than one page holds", async () => {
    const jobs = Array.from({ length: 600 }, (_, index) => ({
      name: `job ${index}`,
      cron: `${index % 60} * * * *`,
      target: { type: "http" as const, url: "https://example.com/" },
    }));
    for (let copy = 0; copy < 2; copy++)
      await office.ask("createJobsBulk", { body: { jobs: jobs.map((job) => ({ ...job, name: `${job.name} ${copy}` })) } });
    const hour = await forecast({ to: at(60) });
    expect([hour.jobs, hour.total, new Set(hour.counts)]).toEqual([1200, 1200, new Set([20])]);
    expect(hour.jobs).toBeLessThan(limits.forecastJobs);
  });
});

describe("a diff", () => {
  test("lists what the next occurrences keep, lose and gain", async () => {
    const { body } = await office.ask("diffSchedules", {
      body: { before: { cron: "0 9,12 * * *" }, after: { every: "3h", anchor: "2027-03-01T00:00:00Z" }, count: 4 },
    });
    expect(body).toEqual({
      before: "At 09:00 and 12:00",
      after: "Every 3h",
      kept: ["2027-03-01T12:00:00.000Z"],
      lost: [],
      added: ["2027-03-01T15:00:00.000Z", "2027-03-01T18:00:00.000Z", "2027-03-01T21:00:00.000Z"],
    });
  });

  test("says in which of the two schedules a mistake is", async () => {
    const diff = (body: object) => office.ask("diffSchedules", { body: { before: { every: "1h" }, after: { every: "1h" }, ...body } });
    await expect(diff({ after: { cron: "0 25 * * *" } })).rejects.toMatchObject({ faults: [{ pointer: "/after/cron" }] });
    await expect(diff({ before: { anyOf: [{ every: "1h" }, { cron: "x" }] } })).rejects.toMatchObject({
      faults: [{ pointer: "/before/anyOf/1/cron" }],
    });
    await expect(diff({ after: {} })).rejects.toMatchObject({ code: "schedule_missing", faults: [{ pointer: "/after" }] });
  });
});

test("a preview tells the rules of time it was worked out with", async () => {
  const { body } = await office.ask("previewSchedule", { body: { cron: "* * * * *" } });
  expect(body.tzVersion).toBe(tzVersion());
});
