import { wallText } from "../calendar.ts";
import type { Recurrence } from "../kinds/recurrence.ts";
import { segmentAt, type Zone } from "../zone/zone.ts";
import type { PlacedExclusion } from "./exclusion.ts";
import type { ExcludedOccurrences } from "./occurrences.ts";

/** So many looks at an exclusion in one question mean that everything is excluded, and the search ends; some 0.2 s of work. A year has 525,600 minutes. */
const mostLooks = 1_000_000;

/** The instants around an excluded one that are excluded with it, both included, and why, in a sentence. */
export type Excluded = { firstMs: number; lastMs: number; why(): string };

/** What leaves occurrences out: local time in a zone, or the occurrences of other schedules. */
export type Exclusions = { times: readonly PlacedExclusion[]; occurrences: readonly ExcludedOccurrences[]; zone: Zone };

/** What excludes an instant, or null. */
export function exclusionAt({ times, occurrences, zone }: Exclusions, ms: number): Excluded | null {
  const second = Math.floor(ms / 1000);
  const segment = segmentAt(zone, second);
  const offset = zone.offsets[segment] as number;
  for (const { place, covers } of times) {
    const stretch = covers(second + offset);
    if (stretch === null) continue;
    // Never over a change of the clock: behind it, local times that are not excluded may come again.
    const firstMs = Math.max(stretch.from - offset, zone.starts[segment] as number) * 1000;
    const lastMs = Math.min(stretch.to - offset, zone.starts[segment + 1] ?? Number.POSITIVE_INFINITY) * 1000 - 1;
    const why = (): string => `Local time from ${wallText(stretch.from)} to ${wallText(stretch.to)} is excluded by ${place}.`;
    return { firstMs, lastMs, why };
  }
  for (const { place, matches, describe } of occurrences) {
    if (!matches(ms)) continue;
    return { firstMs: ms, lastMs: ms, why: () => `It is an occurrence of ${place}.schedule: ${describe()}.` };
  }
  return null;
}

/** A recurrence without the occurrences that are excluded. It leaps over excluded stretches instead of walking through them. */
export function excluding(inner: Recurrence, exclusions: Exclusions): Recurrence {
  const count = exclusions.times.length + exclusions.occurrences.length;
  if (count === 0) return inner;
  const mostLeaps = Math.ceil(mostLooks / count);
  return {
    next(afterMs) {
      let found = inner.next(afterMs);
      for (let leaps = 0; found !== null && leaps < mostLeaps; leaps++) {
        const excluded = exclusionAt(exclusions, found);
        if (excluded === null) return found;
        found = inner.next(excluded.lastMs);
      }
      return null;
    },
    previous(beforeMs) {
      let found = inner.previous(beforeMs);
      for (let leaps = 0; found !== null && leaps < mostLeaps; leaps++) {
        const excluded = exclusionAt(exclusions, found);
        if (excluded === null) return found;
        found = inner.previous(excluded.firstMs);
      }
      return null;
    },
  };
}
