import { civilDate, dayNumber, daysInMonth, secondsPerDay } from "../calendar.ts";
import type { WallExclusion } from "./exclusion.ts";

/** Where an occurrence on an excluded day goes: to the next day that is not excluded, the last one, or the next one within the month. */
export type RollRule = "following" | "preceding" | "modified_following";

/** Which days are business days, and where those that are not are moved to. Days are day numbers. */
export type BusinessCalendar = {
  isOpen(day: number): boolean;
  /** The first business day from a day on, forwards or backwards; null when there is none within a month. */
  nearest(day: number, step: 1 | -1): number | null;
  /** The business day an occurrence on a day is moved to, itself if it is one; null when there is none within a month. */
  target(day: number): number | null;
};

/** Longer runs of closed days are no weekends and holidays; what falls into them is left out. */
const longestRun = 31;

/** @param closed exclusions of whole days */
export function businessCalendar(closed: readonly WallExclusion[], rule: RollRule): BusinessCalendar {
  const isOpen = (day: number): boolean => closed.every((exclusion) => exclusion(day * secondsPerDay) === null);
  const nearest = (day: number, step: 1 | -1): number | null => {
    for (let distance = 0; distance <= longestRun; distance++) if (isOpen(day + step * distance)) return day + step * distance;
    return null;
  };
  return {
    isOpen,
    nearest,
    target(day) {
      const found = nearest(day, rule === "preceding" ? -1 : 1);
      const leavesMonth = found !== null && civilDate(found).month !== civilDate(day).month;
      return rule === "modified_following" && leavesMonth ? nearest(day, -1) : found;
    },
  };
}

/**
 * Excludes every day that is not one of the n-th business days of its month; negative numbers count from the end.
 *
 * @param closed exclusions of whole days: all others are business days
 */
export function otherThanBusinessDays(numbers: readonly number[], closed: readonly WallExclusion[]): WallExclusion {
  const { isOpen } = businessCalendar(closed, "following");
  return (wallSecond) => {
    const day = Math.floor(wallSecond / secondsPerDay);
    const { year, month } = civilDate(day);
    const first = dayNumber(year, month, 1);
    const open = Array.from({ length: daysInMonth(year, month) }, (_, index) => first + index).filter(isOpen);
    const isChosen = numbers.some((number) => open.at(number > 0 ? number - 1 : number) === day);
    return isChosen ? null : { from: day * secondsPerDay, to: (day + 1) * secondsPerDay };
  };
}
