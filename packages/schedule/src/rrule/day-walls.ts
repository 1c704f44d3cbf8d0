import { secondsPerDay } from "../calendar.ts";
import type { WallSearch } from "../cron/wall-search.ts";
import type { DayFilter } from "./day-filter.ts";
import type { Periods } from "./periods.ts";
import type { Times } from "./times.ts";

/**
 * The local times of a rule of days or longer: on every day that the BY parts allow and that lies in an active period, all of its times.
 * The two conditions leap in turns, each to the next day it holds for, so neither a long interval nor a rare date is walked through.
 */
export function dayWalls(filter: DayFilter, periods: Periods, times: Times): WallSearch {
  const firstTime = times.next(0);
  const lastTime = times.previous(secondsPerDay - 1);

  function nextDay(from: number): number {
    let day = from;
    for (;;) {
      day = filter.next(day);
      if (day === Number.POSITIVE_INFINITY) return day;
      const active = periods.nextActive(day);
      if (active === day) return day;
      day = active;
    }
  }

  function previousDay(from: number): number {
    let day = from;
    for (;;) {
      day = filter.previous(day);
      if (day === Number.NEGATIVE_INFINITY) return day;
      const active = periods.previousActive(day);
      if (active === day) return day;
      day = active;
    }
  }

  return {
    next(wallSecond) {
      const day = Math.floor(wallSecond / secondsPerDay);
      const found = nextDay(day);
      if (found > day) return found * secondsPerDay + firstTime;
      const time = times.next(wallSecond - day * secondsPerDay);
      return time < 0 ? nextDay(day + 1) * secondsPerDay + firstTime : day * secondsPerDay + time;
    },
    previous(wallSecond) {
      const day = Math.floor(wallSecond / secondsPerDay);
      const found = previousDay(day);
      if (found < day) return found * secondsPerDay + lastTime;
      const time = times.previous(wallSecond - day * secondsPerDay);
      return time < 0 ? previousDay(day - 1) * secondsPerDay + lastTime : day * secondsPerDay + time;
    },
  };
}
