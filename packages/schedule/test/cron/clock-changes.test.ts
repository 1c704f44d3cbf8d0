import { describe, expect, it } from "vitest";
import type { ScheduleSpec } from "../../src/index.ts";
import { parseSchedule } from "../../src/index.ts";
import { occurrences } from "../support/local.ts";

type Dst = NonNullable<ScheduleSpec["dst"]>;

/** New York jumps from 02:00 to 03:00 on 2026-03-08 and goes back from 02:00 to 01:00 on 2026-11-01. */
const newYork = (cron: string, dst: Dst = {}): ScheduleSpec => ({ cron, timezone: "America/New_York", dst });
const beforeGap = "2026-03-08T05:00:00Z"; // midnight
const beforeOverlap = "2026-11-01T04:00:00Z"; // midnight

describe("a gap", () => {
  it.each<[Dst, string[]]>([
    [{}, ["2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"]],
    [{ gap: "run_after" }, ["2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"]],
    [{ gap: "shift" }, ["2026-03-08T03:30-04:00", "2026-03-09T02:30-04:00"]],
    [{ gap: "skip" }, ["2026-03-09T02:30-04:00", "2026-03-10T02:30-04:00"]],
  ])("moves 02:30 under %j", (dst, expected) => {
    expect(occurrences(newYork("30 2 * * *", dst), beforeGap, 2)).toEqual(expected);
  });

  it("runs several skipped times once, and keeps their distance when they are shifted", () => {
    expect(occurrences(newYork("*/20 2 * * *"), beforeGap, 2)).toEqual(["2026-03-08T03:00-04:00", "2026-03-09T02:00-04:00"]);
    expect(occurrences(newYork("*/20 2 * * *", { gap: "shift" }), beforeGap, 3)).toEqual([
      "2026-03-08T03:00-04:00",
      "2026-03-08T03:20-04:00",
      "2026-03-08T03:40-04:00",
    ]);
  });

  it("does not run twice when the time after the gap is an occurrence anyway", () => {
    expect(occurrences(newYork("0 2,3 * * *"), beforeGap, 2)).toEqual(["2026-03-08T03:00-04:00", "2026-03-09T02:00-04:00"]);
  });

  it("shifts between the occurrences that exist", () => {
    expect(occurrences(newYork("30 2-3 * * *", { gap: "shift" }), beforeGap, 2)).toEqual([
      "2026-03-08T03:30-04:00",
      "2026-03-09T02:30-04:00",
    ]);
    expect(occurrences(newYork("45 2,3 * * *", { gap: "shift" }), "2026-03-08T07:00:00Z", 1)).toEqual(["2026-03-08T03:45-04:00"]);
  });

  it("is followed by elapsed time when the pattern fires in every hour", () => {
    expect(occurrences(newYork("30 * * * *"), "2026-03-08T05:45:00Z", 3)).toEqual([
      "2026-03-08T01:30-05:00",
      "2026-03-08T03:30-04:00",
      "2026-03-08T04:30-04:00",
    ]);
  });

  it.each<[string, string, string, string, string[]]>([
    [
      "half an hour on Lord Howe",
      "15 2 * * *",
      "Australia/Lord_Howe",
      "2026-10-03T10:00:00Z",
      ["2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00"],
    ],
    ["midnight in Santiago", "0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", ["2026-09-06T01:00-03:00", "2026-09-07T00:00-03:00"]],
    ["midnight in Beirut", "0 0 * * *", "Asia/Beirut", "2026-03-28T12:00:00Z", ["2026-03-29T01:00+03:00", "2026-03-30T00:00+03:00"]],
    [
      "midnight in Sao Paulo of 2018",
      "0 0 * * *",
      "America/Sao_Paulo",
      "2018-11-03T12:00:00Z",
      ["2018-11-04T01:00-02:00", "2018-11-05T00:00-02:00"],
    ],
    [
      "the day Apia skipped in 2011",
      "0 12 * * *",
      "Pacific/Apia",
      "2011-12-29T12:00:00Z",
      ["2011-12-29T12:00-10:00", "2011-12-31T00:00+14:00", "2011-12-31T12:00+14:00"],
    ],
  ])("is handled where it is %s", (_, cron, timezone, after, expected) => {
    expect(occurrences({ cron, timezone }, after, expected.length)).toEqual(expected);
  });
});

describe("an overlap", () => {
  const first = "2026-11-01T01:30-04:00";
  const second = "2026-11-01T01:30-05:00";
  const nextDay = "2026-11-02T01:30-05:00";

  it.each<[Dst, string[]]>([
    [{}, [first, nextDay]],
    [{ overlap: "first" }, [first, nextDay]],
    [{ overlap: "second" }, [second, nextDay]],
    [{ overlap: "both" }, [first, second, nextDay]],
  ])("takes 01:30 under %j", (dst, expected) => {
    expect(occurrences(newYork("30 1 * * *", dst), beforeOverlap, expected.length)).toEqual(expected);
  });

  it("counts both passes when the pattern fires in every hour", () => {
    expect(occurrences(newYork("30 * * * *"), "2026-11-01T05:00:00Z", 3)).toEqual([first, second, "2026-11-01T02:30-05:00"]);
  });

  it("does not fire again when it is asked from within the second pass", () => {
    expect(occurrences(newYork("30 1 * * *"), "2026-11-01T06:10:00Z", 1)).toEqual([nextDay]);
  });

  it("does not lose the second pass of a yearly pattern, from either side", () => {
    const yearly = parseSchedule(newYork("30 1 1 11 *", { overlap: "both" }));
    const [firstMs, secondMs] = [Date.parse(first), Date.parse(second)];
    expect(yearly.next(firstMs)).toBe(secondMs);
    expect(yearly.previous(secondMs)).toBe(firstMs);
    expect(parseSchedule(newYork("30 1 1 11 *", { overlap: "second" })).next(firstMs - 60_000)).toBe(secondMs);
    expect(parseSchedule({ ...newYork("0 30 1 1 11 * 2026", { overlap: "both" }) }).next(firstMs)).toBe(secondMs);
    expect(parseSchedule({ ...newYork("0 30 1 1 11 * 2026", { overlap: "both" }) }).previous(secondMs)).toBe(firstMs);
  });

  it("is half an hour long on Lord Howe", () => {
    const spec: ScheduleSpec = { cron: "45 1 * * *", timezone: "Australia/Lord_Howe", dst: { overlap: "both" } };
    expect(occurrences(spec, "2026-04-04T12:00:00Z", 3)).toEqual([
      "2026-04-05T01:45+11:00",
      "2026-04-05T01:45+10:30",
      "2026-04-06T01:45+10:30",
    ]);
  });
});

it("follows zones whose offset has seconds", () => {
  expect(new Date(parseSchedule({ cron: "0 12 * * *", timezone: "Africa/Monrovia" }).next(0) as number).toISOString()).toBe(
    "1970-01-01T12:44:30.000Z",
  );
});
