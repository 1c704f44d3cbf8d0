import { secondsPerDay } from "../calendar.ts";
import type { WallSearch } from "../cron/wall-search.ts";
import type { DayFilter } from "./day-filter.ts";
import type { Times } from "./times.ts";

/** A rule of hours, minutes or seconds. */
export type UnitRule = {
  unitSeconds: number;
  interval: number;
  /** The days, and on them the starts of the units, that the BY parts allow. */
  filter: DayFilter;
  starts: Times;
  /** The times within a unit. */
  times: Times;
};

/** A unit that is due and allowed lies nearer than this many leaps, or the two never meet: some 20 ms of work. */
const longestSearch = 300_000;

/**
 * The local times of a rule of hours, minutes or seconds. Units that are due by the interval, days that are allowed and times of day that are allowed
 * leap in turns until all agree.
 *
 * @param origin the local second of a unit that is due
 */
export function unitWalls({ unitSeconds, interval, filter, starts, times }: UnitRule, origin: number): WallSearch {
  const step = unitSeconds * interval;
  const lastTime = times.previous(unitSeconds - 1);
  const firstTime = times.next(0);
  const dueFrom = (second: number): number => origin + Math.ceil((second - origin) / step) * step;
  const dueUntil = (second: number): number => origin + Math.floor((second - origin) / step) * step;

  function nextUnit(from: number): number {
    let unit = dueFrom(from);
    for (let searched = 0; searched < longestSearch; searched++) {
      const day = filter.next(Math.floor(unit / secondsPerDay));
      if (day === Number.POSITIVE_INFINITY) return day;
      const midnight = day * secondsPerDay;
      const start = starts.next(Math.max(unit - midnight, 0));
      const allowed = start < 0 ? midnight + secondsPerDay : midnight + start;
      if (allowed === unit) return unit;
      unit = dueFrom(allowed);
    }
    return Number.POSITIVE_INFINITY;
  }

  function previousUnit(from: number): number {
    let unit = dueUntil(from);
    for (let searched = 0; searched < longestSearch; searched++) {
      const day = filter.previous(Math.floor(unit / secondsPerDay));
      if (day === Number.NEGATIVE_INFINITY) return day;
      const midnight = day * secondsPerDay;
      const start = starts.previous(Math.min(unit - midnight, secondsPerDay - 1));
      const allowed = start < 0 ? midnight - unitSeconds : midnight + start;
      if (allowed === unit) return unit;
      unit = dueUntil(allowed);
    }
    return Number.NEGATIVE_INFINITY;
  }

  return {
    next(wallSecond) {
      const current = Math.floor(wallSecond / unitSeconds) * unitSeconds;
      const unit = nextUnit(current);
      if (unit > current) return unit + firstTime;
      const time = times.next(wallSecond - current);
      return time < 0 ? nextUnit(current + unitSeconds) + firstTime : current + time;
    },
    previous(wallSecond) {
      const current = Math.floor(wallSecond / unitSeconds) * unitSeconds;
      const unit = previousUnit(current);
      if (unit < current) return unit + lastTime;
      const time = times.previous(wallSecond - current);
      return time < 0 ? previousUnit(current - unitSeconds) + lastTime : current + time;
    },
  };
}
