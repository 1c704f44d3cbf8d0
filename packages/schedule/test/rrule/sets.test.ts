import { describe, expect, it } from "vitest";
import { lintSchedule, parseSchedule } from "../../src/index.ts";
import { occurrences } from "../support/local.ts";
import { refusal } from "../support/refusal.ts";

const berlin = (rule: string, start = "20260302T090000"): string => `DTSTART;TZID=Europe/Berlin:${start}\r\nRRULE:${rule}`;

describe("where a rule begins and ends", () => {
  it("takes the beginning of a bare rule from anchor, else startAt, else 1970", () => {
    const rrule = "FREQ=WEEKLY;BYDAY=MO,WE";
    const first = (spec: object): string | undefined =>
      occurrences({ rrule, timezone: "Europe/Berlin", ...spec }, "2026-03-01T00:00:00Z", 1)[0];
    expect(first({ anchor: "2026-01-01T08:30:00Z" })).toBe("2026-03-02T09:30+01:00");
    expect(first({ startAt: "2026-03-03T08:30:00Z" })).toBe("2026-03-04T09:30+01:00");
    expect(first({})).toBe("2026-03-02T00:00+01:00");
  });

  it("reads DTSTART in UTC as an instant on the clocks of the zone", () => {
    const rrule = "DTSTART:20260302T080000Z\nRRULE:FREQ=DAILY";
    expect(occurrences({ rrule, timezone: "Europe/Berlin" }, "2026-03-28T12:00:00Z", 1)).toEqual(["2026-03-29T09:00+02:00"]);
  });

  it.each([
    ["UNTIL=20260304T080000Z", 3],
    ["UNTIL=20260304T075959Z", 2],
    ["UNTIL=20260304T090000", 3],
    ["UNTIL=20260304", 3],
    ["COUNT=3", 3],
  ])("includes the end: %s", (end, count) => {
    expect(occurrences({ rrule: berlin(`FREQ=DAILY;${end}`) }, "2026-01-01T00:00:00Z", 10)).toHaveLength(count);
  });

  it("does not fire at a DTSTART that the rule does not have, and counts without it", () => {
    expect(occurrences({ rrule: berlin("FREQ=WEEKLY;BYDAY=TU;COUNT=2") }, "2026-01-01T00:00:00Z", 10)).toEqual([
      "2026-03-03T09:00+01:00",
      "2026-03-10T09:00+01:00",
    ]);
  });
});

describe("listed dates", () => {
  it("adds RDATE, takes out EXDATE, and a whole day by its date", () => {
    const rrule = [
      berlin("FREQ=DAILY;COUNT=5"),
      "EXDATE;TZID=Europe/Berlin:20260303T090000",
      "EXDATE;VALUE=DATE:20260304",
      "RDATE:20260310T110000Z,20260302T080000Z",
    ].join("\n");
    expect(occurrences({ rrule }, "2026-01-01T00:00:00Z", 10)).toEqual([
      "2026-03-02T09:00+01:00",
      "2026-03-05T09:00+01:00",
      "2026-03-06T09:00+01:00",
      "2026-03-10T12:00+01:00",
    ]);
  });

  it("needs no rule", () => {
    const rrule = "DTSTART:20260302T080000Z\nRDATE:20260401T080000Z";
    expect(occurrences({ rrule }, "2026-01-01T00:00:00Z", 10)).toEqual(["2026-03-02T08:00Z", "2026-04-01T08:00Z"]);
  });

  it("joins folded lines", () => {
    expect(parseSchedule({ rrule: "DTSTART:20260302T0\r\n 80000Z\r\nRRULE:FREQ=\r\n\tDAILY;COUNT=2" }).count(0, 1e13, 9)).toBe(2);
  });
});

describe("changes of the clock", () => {
  const newYork = (rrule: string, dst?: object): string[] =>
    occurrences({ rrule, timezone: "America/New_York", ...(dst === undefined ? {} : { dst }) }, "2026-03-08T05:00:00Z", 2);
  const daily = "DTSTART:20260301T023000\nRRULE:FREQ=DAILY";

  it("reads a skipped time with the offset before the gap, as the RFC says", () => {
    expect(newYork(daily)).toEqual(["2026-03-08T03:30-04:00", "2026-03-09T02:30-04:00"]);
  });

  it("takes the first of two passes", () => {
    const rrule = "DTSTART;TZID=America/New_York:20261031T013000\nRRULE:FREQ=DAILY";
    expect(occurrences({ rrule }, "2026-11-01T00:00:00Z", 2)).toEqual(["2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"]);
  });

  it("follows the policy that is named", () => {
    expect(newYork(daily, { gap: "skip" })[0]).toBe("2026-03-09T02:30-04:00");
    expect(newYork(daily, { gap: "run_after" })[0]).toBe("2026-03-08T03:00-04:00");
  });

  it("counts hours in elapsed time, unless a policy is named", () => {
    const hourly = "DTSTART:20260307T220000\nRRULE:FREQ=HOURLY;INTERVAL=3";
    expect(newYork(hourly)).toEqual(["2026-03-08T01:00-05:00", "2026-03-08T05:00-04:00"]);
    expect(newYork(hourly, { gap: "skip" })).toEqual(["2026-03-08T01:00-05:00", "2026-03-08T04:00-04:00"]);
  });
});

describe("what cannot be", () => {
  it.each([
    ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"],
    ["FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6"],
    ["FREQ=DAILY;BYHOUR=9;BYSETPOS=2"],
    ["FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2"],
    ["FREQ=HOURLY;INTERVAL=24;BYHOUR=12"],
    ["FREQ=SECONDLY;INTERVAL=60;BYSECOND=5"],
    ["FREQ=SECONDLY;INTERVAL=999999999;BYMONTH=2;BYMONTHDAY=30"],
    ["FREQ=SECONDLY;INTERVAL=604800;BYDAY=TU"],
    ["FREQ=DAILY;INTERVAL=7;BYDAY=TU"],
    ["FREQ=YEARLY;INTERVAL=999999999;BYMONTH=1"],
    ["FREQ=DAILY;UNTIL=20260301T000000Z"],
  ])("%s never fires, and is refused without a long search", (rule) => {
    // The best of three, as the machine may be busy; a search through the years is slow every time.
    const tookMs = [1, 2, 3].map(() => {
      const started = performance.now();
      expect(refusal(() => parseSchedule({ rrule: berlin(rule) })).code).toBe("schedule_never_fires");
      return performance.now() - started;
    });
    expect(Math.min(...tookMs)).toBeLessThan(1000);
  });

  it("a year with a time in every second is picked from at once", () => {
    const numbers = (end: number): string => Array.from({ length: end }, (_, number) => number).join(",");
    const rule = `FREQ=YEARLY;BYMONTH=1,2,3;BYDAY=MO,TU,WE;BYHOUR=${numbers(24)};BYMINUTE=${numbers(60)};BYSECOND=${numbers(60)};BYSETPOS=-1`;
    expect(occurrences({ rrule: berlin(rule) }, "2026-03-03T00:00:00Z", 1)).toEqual(["2026-03-31T23:59:59+02:00"]);
  });

  it.each([
    ["FREQ=HOURLY;BYHOUR=24", 13, "0 to 23"],
    ["FREQ=FORTNIGHTLY", 1, "one of SECONDLY"],
    ["FREQ=DAILY;COUNT=2;UNTIL=20260101", 20, "only one of COUNT and UNTIL"],
    ["FREQ=WEEKLY;BYDAY=2MO", 13, "weekdays without numbers"],
    ["FREQ=DAILY;BYDAY=XX", 12, "SU, MO"],
    ["FREQ=DAILY;COUNT=0", 12, "a number from 1"],
    ["FREQ=DAILY;UNTIL=20260230", 18, "a date or time"],
    ["BYDAY=MO", 1, "FREQ"],
    ["FREQ=DAILY;FREQ=DAILY", 12, "FREQ once"],
    ["FREQ=DAILY;BYSETPOS=1", 12, "another BY part"],
    ["FREQ=DAILY;RSCALE=GREGORIAN", 12, "FREQ, INTERVAL"],
    ["RRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY", 18, "one DTSTART"],
  ])("%s is refused at column %d", (rrule, column, expected) => {
    const error = refusal(() => parseSchedule({ rrule }));
    expect(error).toMatchObject({ code: "schedule_invalid", field: "rrule", column });
    expect(error.expected).toContain(expected);
  });

  it("COUNT needs a beginning, and one beginning is enough", () => {
    expect(refusal(() => parseSchedule({ rrule: "FREQ=DAILY;COUNT=2" })).found).toBe("COUNT");
    expect(refusal(() => parseSchedule({ rrule: berlin("FREQ=DAILY"), anchor: "2026-01-01T00:00:00Z" })).field).toBe("anchor");
    expect(refusal(() => parseSchedule({ rrule: berlin("FREQ=DAILY"), timezone: "UTC" })).field).toBe("timezone");
  });
});

describe("in words", () => {
  it.each([
    ["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=10", "Every 2 weeks on Monday and Wednesday at 09:00 10 times (Europe/Berlin)"],
    ["FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20271231", "Every month on the last Friday of the month at 09:00 until 2027-12-31 (Europe/Berlin)"],
    ["FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=1", "Every year on the 1st in November at 09:00 (Europe/Berlin)"],
    ["FREQ=YEARLY", "Every year on the 2nd in March at 09:00 (Europe/Berlin)"],
    [
      "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-2",
      "Every month on Monday and Tuesday at 09:00 (only the 2nd to last of these in each month) (Europe/Berlin)",
    ],
    ["FREQ=MINUTELY;INTERVAL=20;BYHOUR=9", "Every 20 minutes in hour 9 (Europe/Berlin)"],
  ])("%s", (rule, text) => expect(parseSchedule({ rrule: berlin(rule) }).describe()).toBe(text));

  it("names the part that speaks against an instant", () => {
    const schedule = parseSchedule({ rrule: `${berlin("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;COUNT=3")}\nEXDATE:20260316T080000Z` });
    const against = (at: string): string[] => schedule.explain(Date.parse(at)).reasons.flatMap(({ holds, part }) => (holds ? [] : [part]));
    expect(against("2026-03-02T08:00:00Z")).toEqual([]);
    expect(against("2026-03-03T08:00:00Z")).toEqual(["date"]);
    expect(against("2026-03-02T09:00:00Z")).toEqual(["BYHOUR"]);
    expect(against("2026-03-09T08:00:00Z")).toEqual(["INTERVAL"]);
    expect(against("2026-03-16T08:00:00Z")).toEqual(["EXDATE"]);
    expect(against("2026-04-13T07:00:00Z")).toEqual(["COUNT"]);
    expect(against("2026-02-16T08:00:00Z")).toEqual(["DTSTART"]);
  });

  it("has nothing for the linter", () => expect(lintSchedule({ rrule: berlin("FREQ=DAILY") })).toEqual([]));
});
