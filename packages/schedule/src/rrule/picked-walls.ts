import { secondsPerDay } from "../calendar.ts";
import type { WallSearch } from "../cron/wall-search.ts";
import type { DayFilter } from "./day-filter.ts";
import type { Periods } from "./periods.ts";
import { pickedIndices, type Times } from "./times.ts";

/** So many periods in a row without enough members mean that none has them; weeks reach 380 years that far, and the calendar repeats itself after 400. */
const longestSearch = 20_000;

/**
 * The local times of a rule of weeks or longer with BYSETPOS. A period's days are listed and its times only counted, so that a year with
 * a time in every second costs as much as one with a single time. The period last asked about is kept.
 */
export function pickedWalls(filter: DayFilter, periods: Periods, times: Times, positions: readonly number[]): WallSearch {
  let known = Number.NaN;
  let picked: number[] = [];

  function wallsOf(period: number): number[] {
    if (period === known) return picked;
    const end = periods.firstDay(period + 1);
    const days: number[] = [];
    for (let day = filter.next(periods.firstDay(period)); day < end; day = filter.next(day + 1)) days.push(day);
    known = period;
    picked = pickedIndices(positions, days.length * times.size).map(
      (index) => (days[Math.floor(index / times.size)] as number) * secondsPerDay + times.at(index % times.size),
    );
    return picked;
  }

  return {
    next(wallSecond) {
      let from = Math.floor(wallSecond / secondsPerDay);
      // The day itself may be over; its period is not.
      from = Math.min(from, periods.firstDay(periods.of(from)));
      for (let searched = 0; searched < longestSearch; searched++) {
        const day = filter.next(periods.nextActive(from));
        if (day === Number.POSITIVE_INFINITY) return day;
        const period = periods.of(day);
        from = periods.firstDay(period + 1);
        if (periods.nextActive(day) !== day) continue;
        const found = wallsOf(period).find((wall) => wall >= wallSecond);
        if (found !== undefined) return found;
      }
      return Number.POSITIVE_INFINITY;
    },
    previous(wallSecond) {
      const today = Math.floor(wallSecond / secondsPerDay);
      let from = periods.firstDay(periods.of(today) + 1) - 1;
      for (let searched = 0; searched < longestSearch; searched++) {
        const day = filter.previous(periods.previousActive(from));
        if (day === Number.NEGATIVE_INFINITY) return day;
        const period = periods.of(day);
        from = periods.firstDay(period) - 1;
        if (periods.previousActive(day) !== day) continue;
        const found = wallsOf(period).findLast((wall) => wall <= wallSecond);
        if (found !== undefined) return found;
      }
      return Number.NEGATIVE_INFINITY;
    },
  };
}
