import fc from "fast-check";
import { RRuleTemporal } from "rrule-temporal";
import { expect, test } from "vitest";
import { parseSchedule, ScheduleError } from "../../src/index.ts";

const weekdays = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
const some = <T>(values: readonly T[], maxLength: number) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength });
const list = (name: string, values: fc.Arbitrary<readonly (string | number)[]>) =>
  fc.option(values.map((chosen) => `;${name}=${chosen.join(",")}`)).map((part) => part ?? "");

/** Rules of a day and longer, as people write them: at nine, which no zone's clocks skip. */
const rule = fc.constantFrom("DAILY", "WEEKLY", "MONTHLY", "YEARLY").chain((freq) =>
  fc
    .record({
      interval: fc.integer({ min: 1, max: 4 }),
      months: list("BYMONTH", some([1, 2, 3, 6, 9, 11, 12], 3)),
      monthDays: freq === "WEEKLY" ? fc.constant("") : list("BYMONTHDAY", some([1, 2, 13, 15, 28, 29, 31, -1, -2], 3)),
      days: list("BYDAY", some(freq === "MONTHLY" ? [...weekdays, "1MO", "-1FR", "2TU", "3SU"] : weekdays, 3)),
      hours: list("BYHOUR", some([9, 12, 18], 2)),
      position: freq === "MONTHLY" ? fc.constantFrom("", "", ";BYSETPOS=1", ";BYSETPOS=-1") : fc.constant(""),
      end: fc.oneof(
        fc.constant(""),
        fc.integer({ min: 1, max: 12 }).map((count) => `;COUNT=${count}`),
        fc.constant(";UNTIL=20291231T235959Z"),
      ),
    })
    .map(({ interval, months, monthDays, days, hours, position, end }) => {
      // A position needs something to choose from.
      const chosen = days === "" && monthDays === "" ? "" : position;
      return `RRULE:FREQ=${freq};INTERVAL=${interval}${months}${monthDays}${days}${hours}${chosen}${end}`;
    }),
);

const fromMs = Date.parse("2024-01-01T00:00:00Z");
const toMs = Date.parse("2030-01-01T00:00:00Z");

/** What rrule-temporal lists in six years; null where it gives up searching, as it does for rules that (almost) never fire. */
function theirs(rrule: string): number[] | null {
  try {
    const found = new RRuleTemporal({ rruleString: rrule }).between(new Date(fromMs), new Date(toMs), true);
    return found.map((at) => at.epochMilliseconds);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Maximum iterations")) return null;
    throw error;
  }
}

/** Ours; a rule that never fires is refused. */
function ours(rrule: string): number[] {
  try {
    return [...parseSchedule({ rrule }).between(fromMs, toMs)];
  } catch (error) {
    if (error instanceof ScheduleError && error.code === "schedule_never_fires") return [];
    throw error;
  }
}

const texts = (times: number[]) => times.map((at) => new Date(at).toISOString());

test.each(["UTC", "America/New_York", "Australia/Lord_Howe"])(
  "random rules in %s have the occurrences that rrule-temporal lists",
  (zone) => {
    let compared = 0;
    fc.assert(
      fc.property(rule, (text) => {
        const rrule = `DTSTART;TZID=${zone}:20240215T090000\n${text}`;
        const expected = theirs(rrule);
        if (expected === null) return;
        compared++;
        expect(texts(ours(rrule))).toEqual(texts(expected));
      }),
      { numRuns: 150 },
    );
    expect(compared).toBeGreaterThan(120);
  },
);
