import { secondsPerDay } from "../calendar.ts";
import { createInstantSearch, type InstantSearch } from "../cron/instants.ts";
import { excluding } from "../exclude/excluding.ts";
import type { WallExclusion } from "../exclude/exclusion.ts";
import { bounded, type Recurrence } from "../kinds/recurrence.ts";
import type { DstPolicy } from "../zone/local.ts";
import { offsetAt, type Zone } from "../zone/zone.ts";
import { elapsedSearch } from "./elapsed.ts";
import { isSubDaily, type Rule } from "./rule.ts";
import { unitWalls } from "./unit-walls.ts";
import { longWalls, unitRule } from "./walls.ts";

/** Where a rule begins: an instant, and what the clocks of the zone are meant to show then (in a gap they do not). */
export type RuleStart = { second: number; wall: number };

const never: Recurrence = { next: () => null, previous: () => null };

/**
 * The occurrences of a rule, COUNT and UNTIL included. COUNT is an end as well, found once by counting from DTSTART, so that no question
 * later has to count.
 *
 * @param policy null for the default of RFC 5545: `shift` and `first`, or elapsed time for hours and shorter
 */
export function ruleRecurrence(rule: Rule, zone: Zone, start: RuleStart, untilMs: number, policy: DstPolicy | null): Recurrence {
  const search = searchOf(rule, zone, start, policy);
  if (search === null) return never;
  const endless = within(instants(search), start.second * 1000, untilMs);
  return rule.count === null ? endless : within(endless, start.second * 1000, lastOf(endless, rule.count));
}

function searchOf(rule: Rule, zone: Zone, start: RuleStart, policy: DstPolicy | null): InstantSearch | null {
  if (!isSubDaily(rule.frequency)) {
    const walls = longWalls(rule, start.wall);
    return walls && createInstantSearch(walls, zone, policy ?? { gap: "shift", overlap: "first" });
  }
  const unit = unitRule(rule, start.wall);
  if (unit === null || policy === null) return unit && elapsedSearch(unit, zone, start.second);
  const origin = Math.floor(start.wall / unit.unitSeconds) * unit.unitSeconds;
  return createInstantSearch(unitWalls(unit, origin), zone, policy);
}

function instants(search: InstantSearch): Recurrence {
  return {
    next(afterMs) {
      const found = search.next(Math.floor(afterMs / 1000) + 1);
      return Number.isFinite(found) ? found * 1000 : null;
    },
    previous(beforeMs) {
      const found = search.previous(Math.ceil(beforeMs / 1000) - 1);
      return Number.isFinite(found) ? found * 1000 : null;
    },
  };
}

/** As {@link bounded}, but beyond the ends nothing is searched: rules mostly have both, and before DTSTART lie centuries. */
function within(inner: Recurrence, startMs: number, endMs: number): Recurrence {
  const { next, previous } = bounded(inner, startMs, endMs);
  return {
    next: (afterMs) => (afterMs >= endMs ? null : next(afterMs)),
    previous: (beforeMs) => (beforeMs <= startMs ? null : previous(beforeMs)),
  };
}

/** The instant of the `count`-th occurrence, or of the last one. */
function lastOf({ next }: Recurrence, count: number): number {
  let last = Number.NEGATIVE_INFINITY;
  for (let counted = 0, at = next(last); at !== null && counted < count; counted++, at = next(at)) last = at;
  return last;
}

/** Puts RDATEs in and takes EXDATEs out, single instants or whole local days. */
export function withDates(
  inner: Recurrence,
  zone: Zone,
  added: readonly number[],
  removed: ReadonlySet<number>,
  removedDays: ReadonlySet<number>,
): Recurrence {
  const sorted = [...new Set(added)].sort((a, b) => a - b);
  const merged: Recurrence = {
    next: (afterMs) => smallest(inner.next(afterMs), sorted.find((at) => at > afterMs) ?? null),
    previous: (beforeMs) => largest(inner.previous(beforeMs), sorted.findLast((at) => at < beforeMs) ?? null),
  };
  const kept: Recurrence = {
    next(afterMs) {
      let found = merged.next(afterMs);
      while (found !== null && removed.has(found)) found = merged.next(found);
      return found;
    },
    previous(beforeMs) {
      let found = merged.previous(beforeMs);
      while (found !== null && removed.has(found)) found = merged.previous(found);
      return found;
    },
  };
  const wholeDays: WallExclusion = (wallSecond) => {
    const day = Math.floor(wallSecond / secondsPerDay);
    return removedDays.has(day) ? { from: day * secondsPerDay, to: (day + 1) * secondsPerDay } : null;
  };
  return excluding(kept, { times: removedDays.size === 0 ? [] : [{ place: "EXDATE", covers: wholeDays }], occurrences: [], zone });
}

function smallest(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

function largest(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}

/** What the clocks of a zone show at an instant. */
export function wallAt(zone: Zone, second: number): number {
  return second + offsetAt(zone, second);
}
