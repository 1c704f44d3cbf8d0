import { nextBit, previousBit } from "../bits.ts";
import { civilDate, dayNumber, daysInMonth, weekday } from "../calendar.ts";
import type { Rule, RuleWeekday } from "./rule.ts";

/** The days of a rule, INTERVAL aside. Day numbers; ±Infinity when there is none. */
export type DayFilter = { next(day: number): number; previous(day: number): number };

/** As far as a date of four digits goes; an interval of a billion years leads beyond. */
const lastYear = 9999;
const lastDay = dayNumber(lastYear, 12, 31);
const firstDay = dayNumber(0, 1, 1);

/**
 * Prepares the days that the BY parts of a rule allow. Where RFC 5545 says "expand" and where it says "limit", what remains is the days that
 * every part allows; the two words only differ in what DTSTART fills in where no part names a day, which is done here.
 */
export function createDayFilter(rule: Rule, startDay: number): DayFilter {
  const { months, monthDays, weekdays } = withDefaults(rule, startDay);
  const monthMask = months === null ? 0x1ffe : maskOf(months);
  const isPlain = weekdays === null || weekdays.every(({ nth }) => nth === 0);
  const plainWeekdays = weekdays === null ? 0x7f : maskOf(weekdays.filter(({ nth }) => nth === 0).map((entry) => entry.weekday));
  const countsInMonth = rule.frequency === "MONTHLY" || rule.months !== null;
  let year = 0;
  let month = 0;
  let beforeFirst = 0;
  let days = 0;

  function lookAt(newYear: number, newMonth: number): void {
    year = newYear;
    month = newMonth;
    beforeFirst = dayNumber(year, month, 1) - 1;
    days = (monthMask & (1 << month)) === 0 ? 0 : daysOfMonth();
  }

  function lookAtDay(day: number): void {
    if (day > beforeFirst && day <= beforeFirst + 28) return;
    const date = civilDate(day);
    if (date.year !== year || date.month !== month) lookAt(date.year, date.month);
  }

  function daysOfMonth(): number {
    const length = daysInMonth(year, month);
    let mask = monthDays === null ? -2 : maskOf(monthDays.map((day) => (day > 0 ? day : length + 1 + day)).filter((day) => day > 0));
    for (let day = 1; day <= 31; day++) {
      if ((mask & (1 << day)) === 0) continue;
      if (day > length || !allows(beforeFirst + day, day, length)) mask &= ~(1 << day);
    }
    return mask;
  }

  function allows(day: number, dayOfMonth: number, length: number): boolean {
    const today = weekday(day);
    if (isPlain ? (plainWeekdays & (1 << today)) === 0 : !weekdays.some((entry) => isNth(entry, today, dayOfMonth, length, day)))
      return false;
    return (
      (rule.yearDays === null || isYearDay(rule.yearDays, day, year)) && (rule.weekNumbers === null || isInWeek(rule.weekNumbers, day))
    );
  }

  function isNth(entry: RuleWeekday, today: number, dayOfMonth: number, length: number, day: number): boolean {
    if (entry.weekday !== today) return false;
    if (entry.nth === 0) return true;
    const [place, size] = countsInMonth
      ? [dayOfMonth, length]
      : [day - dayNumber(year, 1, 1) + 1, dayNumber(year + 1, 1, 1) - dayNumber(year, 1, 1)];
    return entry.nth > 0 ? Math.ceil(place / 7) === entry.nth : Math.ceil((size + 1 - place) / 7) === -entry.nth;
  }

  function isInWeek(numbers: readonly number[], day: number): boolean {
    const weekStart = day - ((weekday(day) - rule.weekStart + 7) % 7);
    const weekYear = civilDate(weekStart + 3).year; // a week belongs to the year that has four of its days
    const first = firstWeek(weekYear, rule.weekStart);
    const number = (weekStart - first) / 7 + 1;
    const weeks = (firstWeek(weekYear + 1, rule.weekStart) - first) / 7;
    return numbers.includes(number) || numbers.includes(number - weeks - 1);
  }

  return {
    next(from) {
      if (!(from <= lastDay)) return Number.POSITIVE_INFINITY;
      lookAtDay(from);
      let day = nextBit(days, from - beforeFirst);
      while (day < 0) {
        const later = nextBit(monthMask, month + 1);
        if (later < 0 && year >= lastYear) return Number.POSITIVE_INFINITY;
        lookAt(later < 0 ? year + 1 : year, later < 0 ? nextBit(monthMask, 1) : later);
        day = nextBit(days, 1);
      }
      return beforeFirst + day;
    },
    previous(from) {
      if (!(from >= firstDay)) return Number.NEGATIVE_INFINITY;
      lookAtDay(from);
      let day = previousBit(days, from - beforeFirst);
      while (day < 0) {
        const earlier = previousBit(monthMask, month - 1);
        if (earlier < 0 && year <= 0) return Number.NEGATIVE_INFINITY;
        lookAt(earlier < 0 ? year - 1 : year, earlier < 0 ? previousBit(monthMask, 12) : earlier);
        day = previousBit(days, 31);
      }
      return beforeFirst + day;
    },
  };
}

/** What RFC 5545 takes from DTSTART: the weekday, the day of the month, or both day and month, where the rule names no day. */
function withDefaults(rule: Rule, startDay: number): Pick<Rule, "months" | "monthDays" | "weekdays"> {
  const { frequency, months, monthDays, weekdays } = rule;
  const start = civilDate(startDay);
  const startWeekday = [{ weekday: weekday(startDay), nth: 0 }];
  if (weekdays !== null || monthDays !== null || rule.yearDays !== null) return { months, monthDays, weekdays };
  if (frequency === "WEEKLY" || rule.weekNumbers !== null) return { months, monthDays, weekdays: startWeekday };
  if (frequency === "MONTHLY") return { months, monthDays: [start.day], weekdays };
  if (frequency === "YEARLY") return { months: months ?? [start.month], monthDays: [start.day], weekdays };
  return { months, monthDays, weekdays };
}

function isYearDay(numbers: readonly number[], day: number, year: number): boolean {
  const first = dayNumber(year, 1, 1);
  return numbers.includes(day - first + 1) || numbers.includes(day - dayNumber(year + 1, 1, 1));
}

/** The first day of week 1: the first week with four days in the year, so the one with 4 January in it. */
function firstWeek(year: number, weekStart: number): number {
  const fourth = dayNumber(year, 1, 4);
  return fourth - ((weekday(fourth) - weekStart + 7) % 7);
}

function maskOf(numbers: readonly number[]): number {
  return numbers.reduce((mask, number) => mask | (1 << number), 0);
}
