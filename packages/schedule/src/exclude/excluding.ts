import type { Recurrence } from "../kinds/recurrence.ts";
import { segmentAt, type Zone } from "../zone/zone.ts";
import type { WallExclusion, WallStretch } from "./exclusion.ts";

/** So many excluded stretches one after the other mean that everything is excluded, and the search ends; some 50 ms of work. */
const longestSearch = 100_000;

/** The stretch of local time that excludes an instant, or null. */
export function exclusionAt(exclusions: readonly WallExclusion[], zone: Zone, ms: number): WallStretch | null {
  const second = Math.floor(ms / 1000);
  const wallSecond = second + (zone.offsets[segmentAt(zone, second)] as number);
  for (const exclusion of exclusions) {
    const stretch = exclusion(wallSecond);
    if (stretch !== null) return stretch;
  }
  return null;
}

/**
 * A recurrence without the occurrences that fall into an exclusion. It leaps over excluded stretches instead of walking through them, but
 * never over a change of the clock: behind it, local times that are not excluded may come again.
 */
export function excluding(inner: Recurrence, exclusions: readonly WallExclusion[], zone: Zone): Recurrence {
  if (exclusions.length === 0) return inner;
  return {
    next(afterMs) {
      let found = inner.next(afterMs);
      for (let searched = 0; found !== null && searched < longestSearch; searched++) {
        const stretch = exclusionAt(exclusions, zone, found);
        if (stretch === null) return found;
        const segment = segmentAt(zone, Math.floor(found / 1000));
        const end = Math.min(stretch.to - (zone.offsets[segment] as number), zone.starts[segment + 1] ?? Number.POSITIVE_INFINITY);
        found = inner.next(Math.max(found, end * 1000 - 1));
      }
      return null;
    },
    previous(beforeMs) {
      let found = inner.previous(beforeMs);
      for (let searched = 0; found !== null && searched < longestSearch; searched++) {
        const stretch = exclusionAt(exclusions, zone, found);
        if (stretch === null) return found;
        const segment = segmentAt(zone, Math.floor(found / 1000));
        const start = Math.max(stretch.from - (zone.offsets[segment] as number), zone.starts[segment] as number);
        found = inner.previous(Math.min(found, start * 1000));
      }
      return null;
    },
  };
}
