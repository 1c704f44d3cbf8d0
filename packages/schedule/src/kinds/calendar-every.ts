import { civilDate, dayNumber, daysInMonth, secondsPerDay } from "../calendar.ts";
import { ScheduleError } from "../errors.ts";
import type { ScheduleSpec } from "../spec.ts";
import { resolveLocal } from "../zone/local.ts";
import { offsetAt, type Zone } from "../zone/zone.ts";
import type { Recurrence } from "./recurrence.ts";

/** So many calendar days or calendar months. */
export type CalendarPeriod = { unit: "day" | "month"; count: number };

const units: Readonly<Record<string, CalendarPeriod>> = {
  d: { unit: "day", count: 1 },
  w: { unit: "day", count: 7 },
  mo: { unit: "month", count: 1 },
  y: { unit: "month", count: 12 },
};

/** Recognizes `1d`, `1 day`, `2 weeks`, `P1M`, `1 year`, ...; null when the text is something else, such as elapsed time. */
export function readCalendarPeriod(every: string): CalendarPeriod | null {
  const text = every.trim();
  const short = /^(\d{1,6})\s*(?:(d)|(w)|(mo)|(y)|(d)ays?|(w)eeks?|(mo)nths?|(y)ears?)$/i.exec(text);
  const iso = /^P(\d{1,6})(?:(D)|(W)|(M)|(Y))$/.exec(text);
  const match = short ?? iso;
  if (match === null) return null;
  const letter = (match.slice(2).find((group) => group !== undefined) as string).toLowerCase();
  const unit = units[letter === "m" ? "mo" : letter] as CalendarPeriod;
  const count = Number(match[1]) * unit.count;
  return count === 0 ? null : { unit: unit.unit, count };
}

/** `day`, `2 weeks`, `3 months`. */
export function sayPeriod({ unit, count }: CalendarPeriod): string {
  const [size, name] = unit === "day" ? (count % 7 === 0 ? [7, "week"] : [1, "day"]) : count % 12 === 0 ? [12, "year"] : [1, "month"];
  return count === size ? name : `${count / size} ${name}s`;
}

/**
 * Every so many days or months at the local time of the anchor. The n-th occurrence is counted from the anchor and not from the one before,
 * so a 31st that had to become a 30th is a 31st again in the next month that has one.
 *
 * @param anchorMs null for the start of 1970 on the zone's own clocks
 */
export function calendarRecurrence(period: CalendarPeriod, anchorMs: number | null, zone: Zone, dst: ScheduleSpec["dst"]): Recurrence {
  const { gap = "run_after", overlap = "first" } = dst ?? {};
  if (overlap === "both") {
    throw new ScheduleError("schedule_invalid", {
      field: "dst.overlap",
      found: "both",
      expected: "first or second",
      remedy: `A schedule of days comes once in each; use a cron expression to run in both passes.`,
    });
  }
  const pass = overlap;
  const anchorSecond = Math.floor((anchorMs ?? 0) / 1000);
  const anchorMillisecond = (anchorMs ?? 0) - anchorSecond * 1000;
  const anchorWall = anchorMs === null ? 0 : anchorSecond + offsetAt(zone, anchorSecond);
  const anchorDay = Math.floor(anchorWall / secondsPerDay);
  const timeOfDay = anchorWall - anchorDay * secondsPerDay;
  const anchorDate = civilDate(anchorDay);
  const anchorMonth = anchorDate.year * 12 + anchorDate.month - 1;

  function dayOf(index: number): number {
    if (period.unit === "day") return anchorDay + index * period.count;
    const months = anchorMonth + index * period.count;
    const [year, month] = [Math.floor(months / 12), (((months % 12) + 12) % 12) + 1];
    return dayNumber(year, month, Math.min(anchorDate.day, daysInMonth(year, month)));
  }

  function instantOf(index: number): number | null {
    const second = resolveLocal(zone, dayOf(index) * secondsPerDay + timeOfDay, gap, pass);
    return second === null ? null : second * 1000 + anchorMillisecond;
  }

  /** The index of the last occurrence whose day is not after the local day of an instant. */
  function indexAround(ms: number): number {
    const day = Math.floor((Math.floor(ms / 1000) + offsetAt(zone, Math.floor(ms / 1000))) / secondsPerDay);
    if (period.unit === "day") return Math.floor((day - anchorDay) / period.count);
    const date = civilDate(day);
    return Math.floor((date.year * 12 + date.month - 1 - anchorMonth) / period.count);
  }

  return {
    next(afterMs) {
      // One step back, because a time after a gap may lie on the day after its own.
      for (let index = indexAround(afterMs) - 1; ; index++) {
        const found = instantOf(index);
        if (found !== null && found > afterMs) return found;
      }
    },
    previous(beforeMs) {
      for (let index = indexAround(beforeMs) + 1; ; index--) {
        const found = instantOf(index);
        if (found !== null && found < beforeMs) return found;
      }
    },
  };
}
