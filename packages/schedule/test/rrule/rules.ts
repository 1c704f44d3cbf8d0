import fc from "fast-check";
import { frequencies } from "../../src/rrule/rule.ts";
import type { PlainRule } from "./oracle.ts";

const signed = (most: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: most }).chain((size) => fc.constantFrom(size, -size));
const few = <T>(member: fc.Arbitrary<T>, most: number): fc.Arbitrary<T[]> => fc.uniqueArray(member, { minLength: 1, maxLength: most });
const weekday = fc.constantFrom("SU", "MO", "TU", "WE", "TH", "FR", "SA");

/** Random rules that RFC 5545 allows. */
export const rules: fc.Arbitrary<PlainRule> = fc
  .record(
    {
      frequency: fc.constantFrom(...frequencies),
      interval: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 200 })),
      weekStart: fc.integer({ min: 0, max: 6 }),
      byMonth: few(fc.integer({ min: 1, max: 12 }), 4),
      byWeekNo: few(signed(53), 4),
      byYearDay: few(signed(366), 6),
      byMonthDay: few(signed(31), 4),
      byDay: few(fc.tuple(fc.option(signed(5), { nil: null, freq: 2 }), weekday), 4).map((days) =>
        days.map(([nth, day]) => `${nth ?? ""}${day}`),
      ),
      byHour: few(fc.integer({ min: 0, max: 23 }), 4),
      byMinute: few(fc.integer({ min: 0, max: 59 }), 4),
      bySecond: few(fc.integer({ min: 0, max: 59 }), 4),
      bySetPos: few(signed(6), 3),
    },
    { requiredKeys: ["frequency", "interval", "weekStart"] },
  )
  .map(allowed);

/** Takes out what the standard forbids together. */
function allowed(rule: PlainRule): PlainRule {
  const kept: PlainRule = { ...rule };
  const { frequency } = rule;
  const isLong = frequency === "MONTHLY" || frequency === "YEARLY";
  if (frequency !== "YEARLY") delete kept.byWeekNo;
  if (frequency === "DAILY" || frequency === "WEEKLY" || frequency === "MONTHLY") delete kept.byYearDay;
  if (frequency === "WEEKLY") delete kept.byMonthDay;
  if (kept.byDay !== undefined && (!isLong || kept.byWeekNo !== undefined))
    kept.byDay = [...new Set(kept.byDay.map((day) => day.slice(-2)))];
  const parts = Object.keys(kept).filter((name) => name.startsWith("by") && name !== "bySetPos");
  if (parts.length === 0) delete kept.bySetPos;
  return kept;
}
