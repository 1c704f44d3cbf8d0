import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSchedule } from "../../src/index.ts";
import { occurrences } from "../support/local.ts";

describe("elapsed time", () => {
  it("counts from the anchor, into the past as well", () => {
    const schedule = parseSchedule({ every: "90m", anchor: "2026-01-01T00:10:00Z" });
    const anchorMs = Date.parse("2026-01-01T00:10:00Z");
    expect(schedule.next(anchorMs)).toBe(anchorMs + 5_400_000);
    expect(schedule.next(anchorMs - 1)).toBe(anchorMs);
    expect(schedule.previous(anchorMs)).toBe(anchorMs - 5_400_000);
    expect(schedule.previous(anchorMs + 1)).toBe(anchorMs);
  });

  it("goes on through changes of the clock", () => {
    expect(occurrences({ every: "12h", timezone: "Europe/Berlin", anchor: "2026-03-28T08:00:00Z" }, "2026-03-28T08:00:00Z", 2)).toEqual([
      "2026-03-28T21:00+01:00",
      "2026-03-29T10:00+02:00",
    ]);
  });

  it("is 24 hours when it is written in hours, and a day of the calendar when it is written in days", () => {
    const berlin = { timezone: "Europe/Berlin", anchor: "2026-03-28T08:00:00Z" };
    expect(occurrences({ every: "24h", ...berlin }, "2026-03-28T08:00:00Z", 1)).toEqual(["2026-03-29T10:00+02:00"]);
    expect(occurrences({ every: "PT24H", ...berlin }, "2026-03-28T08:00:00Z", 1)).toEqual(["2026-03-29T10:00+02:00"]);
    for (const every of ["1d", "1 day", "P1D"])
      expect(occurrences({ every, ...berlin }, "2026-03-28T08:00:00Z", 1)).toEqual(["2026-03-29T09:00+02:00"]);
  });

  it("never drifts", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: 1e9 }),
        fc.integer({ min: 0, max: 4e12 }),
        fc.integer({ min: 0, max: 4e12 }),
        (everyMs, anchorMs, ms) => {
          const schedule = parseSchedule({ every: `${everyMs}ms`, anchor: new Date(anchorMs).toISOString() });
          const next = schedule.next(ms) ?? Number.NaN;
          expect((next - anchorMs) % everyMs).toBe(next >= anchorMs ? 0 : -0);
          expect(next - (schedule.previous(next) ?? Number.NaN)).toBe(everyMs);
          expect(next).toBeGreaterThan(ms);
          expect(next - everyMs).toBeLessThanOrEqual(ms);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("calendar units", () => {
  it("come back to the 31st after the short months", () => {
    expect(occurrences({ every: "1 month", anchor: "2026-01-31T12:00:00Z" }, "2026-01-31T12:00:00Z", 3)).toEqual([
      "2026-02-28T12:00Z",
      "2026-03-31T12:00Z",
      "2026-04-30T12:00Z",
    ]);
    expect(occurrences({ every: "1 year", anchor: "2024-02-29T12:00:00Z" }, "2024-03-01T00:00:00Z", 4).at(-1)).toBe("2028-02-29T12:00Z");
    expect(occurrences({ every: "P3M", anchor: "2026-01-31T12:00:00Z" }, "2026-01-31T12:00:00Z", 2)).toEqual([
      "2026-04-30T12:00Z",
      "2026-07-31T12:00Z",
    ]);
  });

  it("start with 1970 on the zone's own clocks where there is no anchor", () => {
    expect(occurrences({ every: "2 days", timezone: "Asia/Tokyo" }, "1970-01-01T00:00:00Z", 1)).toEqual(["1970-01-03T00:00+09:00"]);
  });

  it("follow the gap policy", () => {
    const spec = { every: "1 day", timezone: "America/New_York", anchor: "2026-03-01T07:30:00Z" };
    const [after, count] = ["2026-03-07T12:00:00Z", 1] as const;
    expect(occurrences(spec, after, count)).toEqual(["2026-03-08T03:00-04:00"]);
    expect(occurrences({ ...spec, dst: { gap: "shift" } }, after, count)).toEqual(["2026-03-08T03:30-04:00"]);
    expect(occurrences({ ...spec, dst: { gap: "skip" } }, after, count)).toEqual(["2026-03-09T02:30-04:00"]);
    expect(occurrences({ ...spec, anchor: "2026-03-01T06:30:00Z", dst: { overlap: "second" } }, "2026-11-01T00:00:00Z", 1)).toEqual([
      "2026-11-01T01:30-05:00",
    ]);
  });

  it("keep their place where a change of the clock crosses midnight", () => {
    // The clocks of St. John's went from 00:01 back to 23:01 of the day before.
    const stJohns = parseSchedule({ every: "1 day", timezone: "America/St_Johns", anchor: "2010-11-01T02:30:30Z" });
    const midnight = Date.parse("2010-11-07T00:00:30-02:30");
    expect(stJohns.next(midnight - 1)).toBe(midnight);
    expect(stJohns.previous(Date.parse("2010-11-06T23:30:00-03:30"))).toBe(midnight);

    // No clock has jumped over midnight since 1970, but for a whole day; this one does, from 23:30 to 00:30.
    const jump = Date.parse("2026-03-01T23:30:00Z") / 1000;
    const zone = {
      id: "Test/Jump",
      isUtc: false,
      starts: [Number.NEGATIVE_INFINITY, jump],
      offsets: [0, 3600],
      coveredTo: Number.POSITIVE_INFINITY,
      lastSegment: 0,
    };
    const spec = { every: "1 day", timezone: "Test/Jump", anchor: "2026-01-01T23:50:00Z", dst: { gap: "shift" } } as const;
    const jumping = parseSchedule(spec, { zoneOf: () => zone });
    expect(jumping.next((jump + 600) * 1000)).toBe((jump + 1200) * 1000);
  });

  it("are the same forwards and backwards in any zone", () => {
    const spec = fc.record({
      every: fc.constantFrom("1d", "3 days", "2w", "1 month", "P5M", "1 year"),
      timezone: fc.constantFrom("Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "UTC"),
      anchor: fc.integer({ min: 0, max: 2e9 }).map((second) => new Date(second * 1000 + 250).toISOString()),
    });
    fc.assert(
      fc.property(spec, fc.integer({ min: 0, max: 4e12 }), (spec, ms) => {
        const schedule = parseSchedule(spec);
        const next = schedule.next(ms) ?? Number.NaN;
        const second = schedule.next(next) ?? Number.NaN;
        expect(next).toBeGreaterThan(ms);
        expect(schedule.previous(second)).toBe(next);
        expect(schedule.next(next - 1)).toBe(next);
        expect(schedule.previous(next) ?? Number.NaN).toBeLessThanOrEqual(ms);
      }),
      { numRuns: 1000 },
    );
  });
});
