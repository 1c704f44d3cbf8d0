import { describe, expect, it } from "vitest";
import { parseSchedule, type ScheduleSpec } from "../../src/index.ts";
import { occurrences } from "../support/local.ts";
import { refusal } from "../support/refusal.ts";

const from = "2026-01-01T00:00:00Z"; // a Thursday
const first = (spec: ScheduleSpec, count = 1): string => occurrences(spec, from, count).join(" ");

describe("punctual", () => {
  it.each([
    ["@yearly", "2027-01-01T00:00Z"],
    ["@Monthly", "2026-02-01T00:00Z"],
    ["@weekly", "2026-01-04T00:00Z"],
    ["@midnight", "2026-01-02T00:00Z"],
    ["@hourly", "2026-01-01T01:00Z"],
    ["\t 5  *\n* * * ", "2026-01-01T00:05Z"],
    ["0 5 * * * *", "2026-01-01T00:05Z"],
    ["30 5 * * * *", "2026-01-01T00:05:30Z"],
    ["0 0 0 1 1 * 2030,2028", "2028-01-01T00:00Z"],
    ["0 0 0 1 1 * */50", "2070-01-01T00:00Z"],
    ["20/25 * * * *", "2026-01-01T00:20Z"],
    ["0 22-2/2 * * *", "2026-01-01T02:00Z"],
    ["0 0 * sept Tuesday", "2026-09-01T00:00Z"],
    ["59 23 31 12 7", "2026-12-06T23:59Z"],
    ["*/100 * * * *", "2026-01-01T01:00Z"],
  ])("reads %j", (cron, expected) => expect(first({ cron })).toBe(expected));

  it("takes a zone before or behind the expression", () => {
    const expected = "2026-01-01T09:00+01:00";
    expect(first({ cron: "CRON_TZ=Europe/Madrid 0 9 * * *" })).toBe(expected);
    expect(first({ cron: "TZ=Europe/Madrid 0 9 * * *", timezone: "Europe/Madrid" })).toBe(expected);
    expect(first({ cron: "0 9 * * * Europe/Madrid" })).toBe(expected);
  });
});

describe("quartz", () => {
  it.each([
    ["0 0 12 ? * 1", "2026-01-04T12:00Z"], // Sunday
    ["0 0 12 ? * MON-FRI", "2026-01-01T12:00Z"],
    ["0 0 12 ? * L", "2026-01-03T12:00Z"], // Saturday
    ["0 0 12 ? * 6L", "2026-01-30T12:00Z"], // the last Friday
    ["0 0 12 ? * 6#3", "2026-01-16T12:00Z"], // the third Friday
    ["0 0 12 L-2 * ?", "2026-01-29T12:00Z"],
    ["0 0 12 1/1 * ? *", "2026-01-01T12:00Z"],
    ["0 0 22-2 * * ?", "2026-01-01T01:00Z"],
  ])("reads %s", (cron, expected) => expect(first({ cron, dialect: "quartz" })).toBe(expected));

  it.each([
    ["0 0 12 * * *", /exactly one/],
    ["0 0 12 ? * ?", /exactly one/],
    ["* * * * ?", /6 or 7 fields/],
    ["0 0 12 ? * 0", /1-7/],
  ])("refuses %s", (cron, message) => expect(refusal(() => parseSchedule({ cron, dialect: "quartz" })).message).toMatch(message));
});

describe("spring", () => {
  it("wants both day fields to match", () => {
    expect(first({ cron: "0 0 12 13 * FRI", dialect: "spring" })).toBe("2026-02-13T12:00Z");
    expect(first({ cron: "0 0 12 ? * MONL", dialect: "spring" })).toBe("2026-01-26T12:00Z");
  });

  it("has six fields", () =>
    expect(refusal(() => parseSchedule({ cron: "0 12 * * *", dialect: "spring" })).message).toMatch(/6 fields, not 5/));
});

describe("H", () => {
  const minutes = (cron: string, hashSeed: string): number[] => {
    const hour = parseSchedule({ cron }, { hashSeed }).between(Date.parse(from), Date.parse(from) + 3_599_999);
    return [...hour].map((ms) => new Date(ms).getUTCMinutes());
  };
  const seeds = Array.from({ length: 6000 }, (_, index) => `job-${index}`);

  it("is stable for a job", () => expect(minutes("H * * * *", "billing")).toEqual(minutes("H * * * *", "billing")));

  it("spreads jobs with neighbouring names evenly", () => {
    const counts = Array.from({ length: 60 }, () => 0);
    for (const seed of seeds) for (const minute of minutes("H * * * *", seed)) counts[minute] = (counts[minute] ?? 0) + 1;
    // 100 each on average, with a standard deviation of 10.
    expect(Math.min(...counts)).toBeGreaterThan(60);
    expect(Math.max(...counts)).toBeLessThan(140);
  });

  it("keeps its range and its step", () => {
    for (const seed of seeds.slice(0, 200)) {
      const [only] = minutes("H(10-19) * * * *", seed);
      expect(only).toBeGreaterThanOrEqual(10);
      expect(only).toBeLessThanOrEqual(19);
      const stepped = minutes("H/15 * * * *", seed);
      expect(stepped).toEqual([0, 15, 30, 45].map((minute) => minute + (stepped[0] ?? 0)));
      expect(minutes("H(0-29)/10 * * * *", seed)).toHaveLength(3);
    }
  });

  it("picks hours and days on its own, and no day that some month lacks", () => {
    const picks = new Set(
      seeds.slice(0, 500).map((hashSeed) => new Date(parseSchedule({ cron: "0 0 H * *" }, { hashSeed }).next(0) ?? 0).getUTCDate()),
    );
    expect(picks.size).toBe(28);
    expect(Math.max(...picks)).toBe(28);
    const same = seeds.filter((hashSeed) =>
      /^(\d+) \1 /.test(
        `${minutes("H * * * *", hashSeed)[0]} ${new Date(parseSchedule({ cron: "0 H * * *" }, { hashSeed }).next(0) ?? 0).getUTCHours()} `,
      ),
    );
    expect(same.length).toBeLessThan(seeds.length / 30);
  });
});
