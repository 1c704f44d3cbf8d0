import { nextBit, nextWide, previousBit, previousWide } from "../bits.ts";
import { civilDate, dayNumber, daysInMonth, secondsPerDay } from "../calendar.ts";
import { matchingDays } from "./month-days.ts";
import type { CronPattern } from "./pattern.ts";

/** Finds the local times of a pattern, knowing nothing of zones. Both ends are inclusive, in wall seconds; ±Infinity when there is none. */
export type WallSearch = { next(wallSecond: number): number; previous(wallSecond: number): number };

/** The part of a pattern that says when within a day. */
export type TimesOfDay = Pick<CronPattern, "secondsLow" | "secondsHigh" | "minutesLow" | "minutesHigh" | "hours">;

/** Without a year field a pattern goes on for ever; this is as far as a date of four digits goes. */
const endOfTime = 9999;

/**
 * Prepares the search. Its cost does not grow with the distance to the result in anything but months looked at, and a month costs a
 * few nanoseconds: it is one mask of 31 days. The mask of the month last looked at is kept, as the next question is nearly always about it.
 */
export function createWallSearch(pattern: CronPattern): WallSearch {
  const firstTime = nextTime(pattern, 0);
  const lastTime = previousTime(pattern, secondsPerDay - 1);
  let year = 0;
  let month = 0;
  let beforeFirst = 0; // the day number before the month's first, so that adding a day of the month gives its day number
  let length = 0;
  let days = 0;

  function lookAt(newYear: number, newMonth: number): void {
    year = newYear;
    month = newMonth;
    beforeFirst = dayNumber(year, month, 1) - 1;
    length = daysInMonth(year, month);
    days = (pattern.months & (1 << month)) !== 0 && includesYear(pattern.years, year) ? matchingDays(pattern, year, month) : 0;
  }

  function lookAtDay(day: number): void {
    if (day > beforeFirst && day <= beforeFirst + length) return;
    const date = civilDate(day);
    lookAt(date.year, date.month);
  }

  function nextDay(from: number): number {
    lookAtDay(from);
    let day = nextBit(days, from - beforeFirst);
    while (day < 0) {
      let newMonth = nextBit(pattern.months, month + 1);
      let newYear = year;
      if (newMonth < 0 || !includesYear(pattern.years, year)) {
        newMonth = nextBit(pattern.months, 1);
        newYear = nextYear(pattern.years, year + 1);
        if (newYear > endOfTime) return Number.POSITIVE_INFINITY;
      }
      lookAt(newYear, newMonth);
      day = nextBit(days, 1);
    }
    return beforeFirst + day;
  }

  function previousDay(from: number): number {
    lookAtDay(from);
    let day = previousBit(days, from - beforeFirst);
    while (day < 0) {
      let newMonth = previousBit(pattern.months, month - 1);
      let newYear = year;
      if (newMonth < 0 || !includesYear(pattern.years, year)) {
        newMonth = previousBit(pattern.months, 12);
        newYear = previousYear(pattern.years, year - 1);
        if (newYear < 0) return Number.NEGATIVE_INFINITY;
      }
      lookAt(newYear, newMonth);
      day = previousBit(days, 31);
    }
    return beforeFirst + day;
  }

  return {
    next(wallSecond) {
      const day = Math.floor(wallSecond / secondsPerDay);
      const found = nextDay(day);
      if (found > day) return found * secondsPerDay + firstTime;
      const time = nextTime(pattern, wallSecond - day * secondsPerDay);
      return time < 0 ? nextDay(day + 1) * secondsPerDay + firstTime : day * secondsPerDay + time;
    },
    previous(wallSecond) {
      const day = Math.floor(wallSecond / secondsPerDay);
      const found = previousDay(day);
      if (found < day) return found * secondsPerDay + lastTime;
      const time = previousTime(pattern, wallSecond - day * secondsPerDay);
      return time < 0 ? previousDay(day - 1) * secondsPerDay + lastTime : day * secondsPerDay + time;
    },
  };
}

/** The first matching second of a day at or after a second of that day, or -1. */
export function nextTime(pattern: TimesOfDay, from: number): number {
  const { secondsLow, secondsHigh, minutesLow, minutesHigh } = pattern;
  let hour = (from / 3600) | 0;
  if ((pattern.hours & (1 << hour)) !== 0) {
    let minute = ((from / 60) | 0) % 60;
    if (nextWide(minutesLow, minutesHigh, minute) === minute) {
      const second = nextWide(secondsLow, secondsHigh, from % 60);
      if (second >= 0) return hour * 3600 + minute * 60 + second;
    }
    minute = nextWide(minutesLow, minutesHigh, minute + 1);
    if (minute >= 0) return hour * 3600 + minute * 60 + nextWide(secondsLow, secondsHigh, 0);
  }
  hour = nextBit(pattern.hours, hour + 1);
  return hour < 0 ? -1 : hour * 3600 + nextWide(minutesLow, minutesHigh, 0) * 60 + nextWide(secondsLow, secondsHigh, 0);
}

/** The last matching second of a day at or before a second of that day, or -1. */
export function previousTime(pattern: TimesOfDay, from: number): number {
  const { secondsLow, secondsHigh, minutesLow, minutesHigh } = pattern;
  let hour = (from / 3600) | 0;
  if ((pattern.hours & (1 << hour)) !== 0) {
    let minute = ((from / 60) | 0) % 60;
    if (nextWide(minutesLow, minutesHigh, minute) === minute) {
      const second = previousWide(secondsLow, secondsHigh, from % 60);
      if (second >= 0) return hour * 3600 + minute * 60 + second;
    }
    minute = previousWide(minutesLow, minutesHigh, minute - 1);
    if (minute >= 0) return hour * 3600 + minute * 60 + previousWide(secondsLow, secondsHigh, 59);
  }
  hour = previousBit(pattern.hours, hour - 1);
  return hour < 0 ? -1 : hour * 3600 + previousWide(minutesLow, minutesHigh, 59) * 60 + previousWide(secondsLow, secondsHigh, 59);
}

function includesYear(years: number[] | null, year: number): boolean {
  return years === null || years.includes(year);
}

function nextYear(years: number[] | null, from: number): number {
  return years === null ? from : (years.find((year) => year >= from) ?? Number.POSITIVE_INFINITY);
}

function previousYear(years: number[] | null, from: number): number {
  return years === null ? from : (years.findLast((year) => year <= from) ?? Number.NEGATIVE_INFINITY);
}
