import { dayNumber, daysInMonth, secondsPerDay } from "../calendar.ts";
import { ScheduleError } from "../errors.ts";
import type { WrittenTime } from "./rule.ts";

/**
 * Reads a date or a date and time of RFC 5545: `19970902`, `19970902T090000`, `19970902T090000Z`. A date stands for its midnight.
 *
 * @throws ScheduleError `schedule_invalid`
 */
export function readTime(text: string, column: number, part: string): WrittenTime {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?$/i.exec(text.trim());
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((index) => Number(match?.[index] ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (match === null || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month) || hour > 23 || minute > 59 || second > 59) {
    throw new ScheduleError("schedule_invalid", {
      field: "rrule",
      column,
      part,
      found: text,
      expected: "a date or time such as 20270301T090000Z",
      remedy: "Write a day and a time that exist, without separators.",
    });
  }
  return {
    wallSecond: dayNumber(year, month, day) * secondsPerDay + hour * 3600 + minute * 60 + second,
    isUtc: match[7] !== undefined,
    isDate: match[4] === undefined,
  };
}
