/** The units a rule can repeat in, shortest first. */
export const frequencies = ["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"] as const;

export type Frequency = (typeof frequencies)[number];

/** A weekday, 0 being Sunday; `nth` counts it within the month or year, negative from the end, and is 0 for every one. */
export type RuleWeekday = { weekday: number; nth: number };

/** A date or date and time of RFC 5545 as it was written. */
export type WrittenTime = { wallSecond: number; isUtc: boolean; isDate: boolean };

/** A recurrence rule as it was written: lists are sorted, and null where the rule does not name them. */
export type Rule = {
  frequency: Frequency;
  interval: number;
  count: number | null;
  until: WrittenTime | null;
  /** The first day of a week, 0 being Sunday. */
  weekStart: number;
  months: number[] | null;
  weekNumbers: number[] | null;
  yearDays: number[] | null;
  monthDays: number[] | null;
  weekdays: RuleWeekday[] | null;
  hours: number[] | null;
  minutes: number[] | null;
  seconds: number[] | null;
  positions: number[] | null;
};

/** Whether a rule repeats in hours or shorter, where only elapsed time makes even distances. */
export function isSubDaily(frequency: Frequency): boolean {
  return frequency === "SECONDLY" || frequency === "MINUTELY" || frequency === "HOURLY";
}
