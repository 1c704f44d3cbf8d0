import { nextBit } from "../bits.ts";
import { dayNumber, daysInMonth, weekday } from "../calendar.ts";
import { type CronPattern, everyDay, everyWeekday } from "./pattern.ts";

/** The days of one month a pattern selects, as a mask (bit n is day n). */
export function matchingDays(pattern: CronPattern, year: number, month: number): number {
  const length = daysInMonth(year, month);
  const firstWeekday = weekday(dayNumber(year, month, 1));
  const byDay = pattern.days | relativeDays(pattern, length, firstWeekday);
  const byWeekday =
    weekdaysOf(pattern.weekdays, firstWeekday) |
    (pattern.nthWeekdays === null ? 0 : nthWeekdaysOf(pattern.nthWeekdays, length, firstWeekday));
  const selected = pattern.dayRule === "either" ? byDay | byWeekday : byDay & byWeekday;
  return selected & daysUpTo(length);
}

function daysUpTo(length: number): number {
  return length === 31 ? everyDay : (1 << (length + 1)) - 2;
}

/** All days of the month on one of the weekdays of a mask. */
function weekdaysOf(mask: number, firstWeekday: number): number {
  // Turn the week so that bit 0 is the weekday of the 1st, then lay it down five times.
  const week = ((mask | (mask << 7)) >>> firstWeekday) & everyWeekday;
  return (week | (week << 7) | (week << 14) | (week << 21) | (week << 28)) << 1;
}

function nthWeekdaysOf(nthWeekdays: number[], length: number, firstWeekday: number): number {
  let selected = 0;
  for (let nth = 1; nth <= 5; nth++) {
    const week = 0xfe << ((nth - 1) * 7); // days 1-7, 8-14, ...
    selected |= weekdaysOf(nthWeekdays[nth] as number, firstWeekday) & week;
  }
  const lastWeek = daysUpTo(length) & ~daysUpTo(length - 7);
  return selected | (weekdaysOf(nthWeekdays[0] as number, firstWeekday) & lastWeek);
}

function relativeDays(pattern: CronPattern, length: number, firstWeekday: number): number {
  if ((pattern.lastDays | pattern.nearestWeekdays | pattern.lastNearestWeekdays) === 0) return 0;
  let selected = 0;
  for (let back = nextBit(pattern.lastDays, 0); back >= 0 && back < length; back = nextBit(pattern.lastDays, back + 1))
    selected |= 1 << (length - back);
  for (let day = nextBit(pattern.nearestWeekdays, 1); day > 0 && day <= length; day = nextBit(pattern.nearestWeekdays, day + 1)) {
    selected |= 1 << nearestWeekday(day, length, firstWeekday);
  }
  for (
    let back = nextBit(pattern.lastNearestWeekdays, 0);
    back >= 0 && back < length;
    back = nextBit(pattern.lastNearestWeekdays, back + 1)
  ) {
    selected |= 1 << nearestWeekday(length - back, length, firstWeekday);
  }
  return selected;
}

/** The working day (Monday to Friday) nearest to a day, without leaving the month. */
function nearestWeekday(day: number, length: number, firstWeekday: number): number {
  const dayOfWeek = (firstWeekday + day - 1) % 7;
  if (dayOfWeek === 6) return day === 1 ? 3 : day - 1;
  if (dayOfWeek === 0) return day === length ? day - 2 : day + 1;
  return day;
}
