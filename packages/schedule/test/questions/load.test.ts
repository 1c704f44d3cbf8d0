import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createForecast, effectiveTime, forecastLoad, parseSchedule, type ScheduleSpec } from "../../src/index.ts";

const minute = 60_000;

describe("forecastLoad", () => {
  it("adds the occurrences of all schedules up, bucket by bucket", () => {
    const schedules = [
      { spec: { cron: "* * * * *" } },
      { spec: { cron: "*/2 * * * *" } },
      { spec: { cron: "*/2 * * * *" } },
      { spec: { runAt: "1970-01-01T00:03:59.999Z" } },
      { spec: { every: "1s" } },
    ];
    expect([...forecastLoad(schedules, { fromMs: 0, bucketMs: minute, buckets: 4 })]).toEqual([63, 61, 63, 62]);
  });

  it("spreads H by each job's own seed, wherever it stands", () => {
    const hashed = { cron: "H * * * *" };
    const specs: ScheduleSpec[] = [{ anyOf: [hashed] }, { cron: "0-59 * * * *", exclude: [{ schedule: hashed }] }];
    const load = specs.map((spec) => {
      const schedules = Array.from({ length: 60 }, (_, index) => ({ spec, hashSeed: `job-${index}` }));
      return forecastLoad(schedules, { fromMs: 0, bucketMs: minute, buckets: 60 });
    });
    expect(load[0]?.reduce((sum, count) => sum + count)).toBe(60);
    expect(load[0]?.filter((count) => count > 0).length).toBeGreaterThan(20);
    expect(load.map((counts) => counts[7])).toEqual([load[0]?.[7], 60 - (load[0]?.[7] ?? 0)]);
  });

  it("shows a herd of jobs spread out as they will start, also those whose nominal time lies before", () => {
    const herd = Array.from({ length: 600 }, (_, index) => ({
      spec: { cron: "50 * * * *" },
      hashSeed: `job-${index}`,
      spreadMs: 20 * minute,
    }));
    const load = forecastLoad(herd, { fromMs: 50 * minute + 3_600_000, bucketMs: 10 * minute, buckets: 3 });
    expect((load[0] ?? 0) + (load[1] ?? 0)).toBe(600);
    expect(Math.abs((load[0] ?? 0) - 300)).toBeLessThan(60);
    const after = forecastLoad(herd, { fromMs: 2 * 3_600_000, bucketMs: 10 * minute, buckets: 3 });
    expect([...after]).toEqual([load[1], 0, 0]);
  });

  it("ends with the occurrences that are left, wherever the forecast begins", () => {
    const left = { count: 3, fromMs: 0 };
    const load = (fromMs: number): number[] => [
      ...forecastLoad(
        [
          { spec: { cron: "* * * * *" }, left },
          { spec: { every: "1m" }, left },
        ],
        { fromMs, bucketMs: minute, buckets: 3 },
      ),
    ];
    expect([load(0), load(2 * minute), load(3 * minute)]).toEqual([
      [2, 2, 2],
      [2, 0, 0],
      [0, 0, 0],
    ]);
  });

  it("counts equal schedules once, and lets others work in between", () => {
    const forecast = createForecast({ fromMs: 0, bucketMs: minute, buckets: 1440 });
    for (let job = 0; job < 10_000; job++) forecast.add({ spec: { cron: `${job % 60} * * * *` }, hashSeed: `job-${job}` });
    forecast.add({ spec: { cron: "* * * * * *" } });
    expect(forecast.waiting()).toBe(61);
    const steps = [...forecast.count()].length;
    expect(steps).toBeGreaterThanOrEqual(8);
    expect(forecast.load().reduce((sum, count) => sum + count)).toBe(10_000 * 24 + 86_400);
    expect([forecast.waiting(), [...forecast.count()].length]).toEqual([0, 0]);
  });

  it("spreads H by each job's own seed", () => {
    const schedules = Array.from({ length: 600 }, (_, index) => ({ spec: { cron: "H * * * *" }, hashSeed: `job-${index}` }));
    const load = forecastLoad(schedules, { fromMs: 0, bucketMs: minute, buckets: 60 });
    expect(load.reduce((sum, count) => sum + count)).toBe(600);
    expect(Math.max(...load)).toBeLessThan(30);
  });
});

describe("effectiveTime", () => {
  const hourly = parseSchedule({ every: "1h" });

  it("is the nominal time without a window", () => expect(effectiveTime(hourly, 0, { seed: "job" })).toBe(0));

  it("delays all occurrences of a job alike with a spread, and each in its own way with a jitter", () => {
    const delays = (input: { spreadMs?: number; jitterMs?: number }): number =>
      new Set([0, 1, 2, 3, 4].map((n) => effectiveTime(hourly, n * 60 * minute, { seed: "job", ...input }) - n * 60 * minute)).size;
    expect(delays({ spreadMs: 30 * minute })).toBe(1);
    expect(delays({ jitterMs: 30 * minute })).toBe(5);
  });

  it("fills the window", () => {
    const delays = Array.from({ length: 2000 }, (_, index) => effectiveTime(hourly, 0, { seed: `job-${index}`, spreadMs: 30 * minute }));
    expect(Math.min(...delays)).toBeLessThan(minute);
    expect(Math.max(...delays)).toBeGreaterThan(29 * minute);
  });

  it("never reaches the next occurrence, nor leaves its own", () => {
    const window = fc.integer({ min: 0, max: 200 * minute });
    fc.assert(
      fc.property(
        fc.string(),
        window,
        window,
        fc.constantFrom("*/5 * * * *", "0 9,10 * * *", "* * * * * *"),
        (seed, spreadMs, jitterMs, cron) => {
          const schedule = parseSchedule({ cron });
          const nominalMs = schedule.next(0) ?? Number.NaN;
          const effectiveMs = effectiveTime(schedule, nominalMs, { seed, spreadMs, jitterMs });
          expect(effectiveMs).toBeGreaterThanOrEqual(nominalMs);
          expect(effectiveMs).toBeLessThan(schedule.next(nominalMs) ?? Number.NaN);
          expect(effectiveMs).toBeLessThanOrEqual(nominalMs + spreadMs + jitterMs);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
