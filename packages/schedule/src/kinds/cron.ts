import { createInstantSearch, type InstantSearch } from "../cron/instants.ts";
import { type CronPattern, everyHour } from "../cron/pattern.ts";
import { createWallSearch } from "../cron/wall-search.ts";
import type { GapPolicy, OverlapPolicy } from "../zone/local.ts";
import type { Zone } from "../zone/zone.ts";
import type { Recurrence } from "./recurrence.ts";

/** What a schedule does with local times that a change of the clock skips or repeats. */
export type DstPolicy = { gap: GapPolicy; overlap: OverlapPolicy };

/**
 * The policy of a cron pattern where its owner names none. A pattern that fires in every hour is meant as "every so often", so it follows
 * the time that really passes: nothing is made up for in a gap, and both passes of a repeated hour count, as with Vixie cron. Every other
 * pattern names times of day, and those should come once a day, also on the two odd days of the year.
 */
export function defaultDstPolicy(pattern: CronPattern): DstPolicy {
  return pattern.hours === everyHour ? { gap: "skip", overlap: "both" } : { gap: "run_after", overlap: "first" };
}

/** The instants of a cron pattern in a zone. */
export function cronRecurrence(pattern: CronPattern, zone: Zone, policy: DstPolicy): Recurrence {
  const walls = createWallSearch(pattern);
  const isFixed = zone.starts.length === 1 && zone.offsets[0] === 0 && zone.coveredTo === Number.POSITIVE_INFINITY;
  // In UTC local times are instants already, which halves the cost of a question.
  const search: InstantSearch = isFixed ? walls : createInstantSearch(walls, zone, policy.gap, policy.overlap);
  return {
    next(afterMs) {
      const found = search.next(Math.floor(afterMs / 1000) + 1);
      return found === Number.POSITIVE_INFINITY ? null : found * 1000;
    },
    previous(beforeMs) {
      const found = search.previous(Math.ceil(beforeMs / 1000) - 1);
      return found === Number.NEGATIVE_INFINITY ? null : found * 1000;
    },
  };
}
