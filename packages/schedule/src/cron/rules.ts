import { type CronPart, firstYear, lastYear } from "./pattern.ts";

/** Whose cron it is. They differ in the numbers of the weekdays, in what may stand where, and in how the two day fields go together. */
export type Dialect = "punctual" | "quartz" | "spring";

/** What may stand in one field. */
export type FieldRules = {
  part: CronPart;
  min: number;
  /** The largest number that may be written. */
  max: number;
  /** The largest number `*` means: less than `max` only for the weekdays, where 7 is Sunday again. */
  top: number;
  /** What to subtract from a written number to get ours. */
  shift: number;
  names: readonly string[];
  /** The number the first name stands for. */
  firstName: number;
};

const monthNames = [
  "JANUARY",
  "FEBRUARY",
  "MARCH",
  "APRIL",
  "MAY",
  "JUNE",
  "JULY",
  "AUGUST",
  "SEPTEMBER",
  "OCTOBER",
  "NOVEMBER",
  "DECEMBER",
];
const weekdayNames = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];

const plain = (part: CronPart, min: number, max: number): FieldRules => ({ part, min, max, top: max, shift: 0, names: [], firstName: 0 });

const weekdays: FieldRules = { part: "day of week", min: 0, max: 7, top: 6, shift: 0, names: weekdayNames, firstName: 0 };
const quartzWeekdays: FieldRules = { part: "day of week", min: 1, max: 7, top: 7, shift: 1, names: weekdayNames, firstName: 1 };

const common = [
  plain("seconds", 0, 59),
  plain("minutes", 0, 59),
  plain("hours", 0, 23),
  plain("day of month", 1, 31),
  { ...plain("months", 1, 12), names: monthNames, firstName: 1 },
];
const years = plain("years", firstYear, lastYear);

const punctualFields = [...common, weekdays, years];
const quartzFields = [...common, quartzWeekdays, years];

/** The rules of the seven fields, in order. */
export function fieldRules(dialect: Dialect): readonly FieldRules[] {
  return dialect === "quartz" ? quartzFields : punctualFields;
}

/** Which numbers of fields a dialect knows. Five fields have no seconds, six no years. */
export function fieldCounts(dialect: Dialect): readonly number[] {
  return dialect === "quartz" ? [6, 7] : dialect === "spring" ? [6] : [5, 6, 7];
}
