import { secondsPerDay } from "../calendar.ts";
import type { Recurrence } from "../kinds/recurrence.ts";
import { resolveLocal } from "../zone/local.ts";
import { offsetAt, type Zone } from "../zone/zone.ts";
import type { BusinessCalendar } from "./business-days.ts";

/** A schedule whose days of some thirty years have nowhere to go has none at all. */
const longestSearch = 10_000;

/**
 * Moves the occurrences on closed days to the business day their calendar names, at the same local time; where they meet an occurrence of that day
 * they are one.
 *
 * It goes from business day to business day. What happens on one stems from the day itself and from the closed days right before or behind it that are
 * moved there, so a question looks at a handful of days, and leaps from the last of them to the next occurrence there is.
 */
export function rolling(inner: Recurrence, zone: Zone, calendar: BusinessCalendar): Recurrence {
  const wallOf = (ms: number): number => Math.floor(ms / 1000) + offsetAt(zone, Math.floor(ms / 1000));
  const dayOf = (ms: number): number => Math.floor(wallOf(ms) / secondsPerDay);
  const startOf = (day: number): number => (resolveLocal(zone, day * secondsPerDay, "run_after", "first") as number) * 1000;

  /** The business day and the closed days whose occurrences are moved to it. */
  function sourcesOf(day: number): number[] {
    const sources = [day];
    for (const step of [-1, 1]) {
      for (let source = day + step; !calendar.isOpen(source) && calendar.target(source) !== null; source += step) {
        if (calendar.target(source) === day) sources.push(source);
      }
    }
    return sources;
  }

  /** What happens on a business day, in order. */
  function occurrencesOn(day: number): number[] {
    const found = new Set<number>();
    for (const source of sourcesOf(day)) {
      const end = startOf(source + 1);
      for (let at = inner.next(startOf(source) - 1); at !== null && at < end; at = inner.next(at)) {
        found.add(source === day ? at : moved(at, day - source));
      }
    }
    return [...found].sort((a, b) => a - b);
  }

  function moved(ms: number, days: number): number {
    const second = resolveLocal(zone, wallOf(ms) + days * secondsPerDay, "run_after", "first") as number;
    return second * 1000 + (ms - Math.floor(ms / 1000) * 1000);
  }

  return {
    next(afterMs) {
      const today = dayOf(afterMs);
      for (let day = calendar.nearest(today, 1) ?? nextTarget(today); day !== null; day = nextTarget(day)) {
        const found = occurrencesOn(day).find((at) => at > afterMs);
        if (found !== undefined) return found;
      }
      return null;
    },
    previous(beforeMs) {
      const today = dayOf(beforeMs);
      for (let day = calendar.nearest(today, -1) ?? previousTarget(today); day !== null; day = previousTarget(day)) {
        const found = occurrencesOn(day).findLast((at) => at < beforeMs);
        if (found !== undefined) return found;
      }
      return null;
    },
  };

  /** The first business day after this one on which something happens. Nothing of the days up to this one is moved beyond it. */
  function nextTarget(day: number): number | null {
    let at = inner.next(startOf(day + 1) - 1);
    for (let searched = 0; at !== null && searched < longestSearch; searched++) {
      const target = calendar.target(dayOf(at));
      if (target !== null && target > day) return target;
      at = inner.next(startOf(dayOf(at) + 1) - 1);
    }
    return null;
  }

  function previousTarget(day: number): number | null {
    let at = inner.previous(startOf(day));
    for (let searched = 0; at !== null && searched < longestSearch; searched++) {
      const target = calendar.target(dayOf(at));
      if (target !== null && target < day) return target;
      at = inner.previous(startOf(dayOf(at)));
    }
    return null;
  }
}
