import { countBits } from "../bits.ts";
import { civilDate, dayNumber, daysInMonth, secondsPerDay, weekday } from "../calendar.ts";
import { parseCron } from "../cron/parse.ts";
import { type CronPattern, everyHour } from "../cron/pattern.ts";
import { createWallSearch } from "../cron/wall-search.ts";
import { ScheduleError } from "../errors.ts";
import type { TimeExclusion, WallExclusion } from "./exclusion.ts";
import { readHolidays } from "./icalendar.ts";

/** Some four thousand holidays; it has to travel in requests and is kept with every revision of a job. */
const longestCalendar = 262_144;

export type ParsedExclusion = { covers: WallExclusion; wholeDays: boolean };

/**
 * Reads one entry of `exclude`.
 *
 * @param field its place, for the error, e.g. `exclude[2]`
 * @throws ScheduleError `schedule_invalid`
 */
export function parseExclusion(exclusion: TimeExclusion, field: string): ParsedExclusion {
  if ("date" in exclusion) {
    const isYearly = exclusion.date.length === 5;
    return { covers: isYearly ? yearlyDay(exclusion.date, field) : days(exclusion.date, exclusion.date, field), wholeDays: true };
  }
  if ("weekly" in exclusion)
    return { covers: weekly(exclusion.weekly, exclusion.between, field), wholeDays: exclusion.between === undefined };
  if ("ics" in exclusion) return { covers: holidays(exclusion.ics, field), wholeDays: true };
  if ("cron" in exclusion) return { covers: cronTimes(exclusion.cron), wholeDays: false };
  return { covers: days(exclusion.from, exclusion.to, field), wholeDays: true };
}

function days(fromText: string, toText: string, field: string): WallExclusion {
  const from = readDay(fromText, field) * secondsPerDay;
  const to = (readDay(toText, field) + 1) * secondsPerDay;
  if (from >= to) throw invalid(field, `${fromText} to ${toText}`, "days in order", "Write the earlier day first.");
  return (wallSecond) => (wallSecond >= from && wallSecond < to ? { from, to } : null);
}

function yearlyDay(text: string, field: string): WallExclusion {
  const day = readDay(`2000-${text}`, field); // a leap year, so that 02-29 can be named
  const { month, day: dayOfMonth } = civilDate(day);
  return (wallSecond) => {
    const today = Math.floor(wallSecond / secondsPerDay);
    const date = civilDate(today);
    return date.month === month && date.day === dayOfMonth ? { from: today * secondsPerDay, to: (today + 1) * secondsPerDay } : null;
  };
}

function weekly(weekdays: string, between: string | undefined, field: string): WallExclusion {
  const mask = parseCron(`* * * * ${weekdays}`, "punctual").pattern.weekdays;
  const [start, end] = between === undefined ? [0, secondsPerDay] : readTimes(between, field);
  const length = end > start ? end - start : end - start + secondsPerDay;
  return (wallSecond) => {
    const today = Math.floor(wallSecond / secondsPerDay);
    // A stretch past midnight may have begun yesterday.
    for (const day of [today, today - 1]) {
      const from = day * secondsPerDay + start;
      if ((mask & (1 << weekday(day))) !== 0 && wallSecond >= from && wallSecond < from + length) return { from, to: from + length };
    }
    return null;
  };
}

function cronTimes(cron: string): WallExclusion {
  const { pattern } = parseCron(cron, "punctual");
  const search = createWallSearch(pattern);
  const grain = grainOf(pattern);
  return (wallSecond) => {
    const from = Math.floor(wallSecond / grain) * grain;
    return search.next(from) === from ? { from, to: from + grain } : null;
  };
}

/** How much local time around a match surely matches too: whole days where only the day counts, so that a summer of minutes is left out in ninety leaps. */
function grainOf({ secondsLow, secondsHigh, minutesLow, minutesHigh, hours }: CronPattern): number {
  const isWholeMinute = (secondsLow === 1 && secondsHigh === 0) || countBits(secondsLow) + countBits(secondsHigh) === 60;
  if (!isWholeMinute) return 1;
  if (countBits(minutesLow) + countBits(minutesHigh) < 60) return 60;
  return hours === everyHour ? secondsPerDay : 3600;
}

/** An event that is no holiday is refused and not passed over: on that day the schedule would fire after all. */
function holidays(text: string, field: string): WallExclusion {
  if (text.length > longestCalendar)
    throw invalid(field, `${text.length} characters`, `at most ${longestCalendar}`, "Leave out past years.");
  const { exclusions, unread } = readHolidays(text, field);
  const [first] = unread;
  if (first !== undefined) throw invalid(field, first.summary, "events of whole days", `Leave it out of the calendar: ${first.reason}.`);
  const members = exclusions.map((exclusion) => parseExclusion(exclusion, field).covers);
  return (wallSecond) => {
    for (const covers of members) {
      const stretch = covers(wallSecond);
      if (stretch !== null) return stretch;
    }
    return null;
  };
}

function readDay(text: string, field: string): number {
  const [, year, month, day] = (/^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []).map(Number);
  if (
    year === undefined ||
    month === undefined ||
    day === undefined ||
    month < 1 ||
    month > 12 ||
    day < 1 ||
    day > daysInMonth(year, month)
  ) {
    throw invalid(field, text, 'a day such as "2026-12-25", or "12-25" for every year', "Write year, month and day of a day that exists.");
  }
  return dayNumber(year, month, day);
}

function readTimes(text: string, field: string): [number, number] {
  const match = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text);
  const [hour, minute, endHour, endMinute] = (match ?? []).slice(1).map(Number) as [number, number, number, number];
  if (match === null || hour > 23 || minute > 59 || endMinute > 59 || endHour * 60 + endMinute > 1440) {
    throw invalid(field, text, 'two times such as "22:00-06:00"', "Times run from 00:00 to 24:00.");
  }
  return [hour * 3600 + minute * 60, endHour * 3600 + endMinute * 60];
}

function invalid(field: string, found: string, expected: string, remedy: string): ScheduleError {
  return new ScheduleError("schedule_invalid", { field, found, expected, remedy });
}
