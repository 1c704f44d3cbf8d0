import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { effectiveTime, forecastLoad, parseSchedule } from "../../src/index.ts";

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
