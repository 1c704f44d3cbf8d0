/** The parts of a cron expression, in the order of the seven-field form. */
export type CronPart = "seconds" | "minutes" | "hours" | "day of month" | "months" | "day of week" | "years";

/**
 * A cron expression, understood. Sets are bit masks (see `bits.ts`); whatever dialect it was written in, it means the same here:
 * Sunday is 0, and a field that does not restrict anything holds every value.
 */
export type CronPattern = {
  secondsLow: number;
  secondsHigh: number;
  minutesLow: number;
  minutesHigh: number;
  hours: number;
  /** Bit n is day n of the month. */
  days: number;
  /** Bit n is "n days before the last day" (`L`, `L-3`). */
  lastDays: number;
  /** Bit n is "the weekday nearest to day n" (`15W`). */
  nearestWeekdays: number;
  /** Bit n is "the weekday nearest to n days before the last day" (`LW`). */
  lastNearestWeekdays: number;
  months: number;
  /** Every such weekday of the month. */
  weekdays: number;
  /** Weekdays that count only once a month: index 1-5 for the n-th (`MON#2`), 0 for the last (`5L`); null where there are none. */
  nthWeekdays: number[] | null;
  /** Ascending; null means every year. */
  years: number[] | null;
  /** How the day of month and the day of week go together: either is enough, or both must hold. */
  dayRule: "either" | "both";
};

export const everyHour = 0xffffff;
export const everyDay = -2; // bits 1-31
export const everyMonth = 0x1ffe;
export const everyWeekday = 0x7f;

export const firstYear = 1970;
export const lastYear = 2199;
