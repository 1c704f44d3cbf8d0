import { excludedSpec } from "./exclude/occurrences.ts";
import { parseSchedule } from "./parse-schedule.ts";
import type { Schedule, ScheduleOptions } from "./schedule.ts";
import type { ScheduleSpec } from "./spec.ts";

/** Leaps over all exclusions together, some 5 ms of work. For a single one of a daily schedule they are 27 years. */
const mostLeaps = 10_000;

/**
 * Finds the excluded schedules that leave nothing out, by their place in `exclude`. An exclusion takes out instants, so one for 09:00 does nothing to a
 * job that fires at 09:30, and nobody would notice before the day.
 */
export function idleExclusions(spec: ScheduleSpec, options: ScheduleOptions): number[] {
  const schedule = parseSchedule({ ...spec, exclude: undefined, roll: undefined, businessDays: undefined }, options);
  const excluded = (spec.exclude ?? []).flatMap((exclusion, index) => ("schedule" in exclusion ? [{ index, ...exclusion }] : []));
  const leaps = Math.ceil(mostLeaps / excluded.length);
  return excluded
    .filter((entry) => !meet(schedule, parseSchedule(excludedSpec(entry.schedule, schedule.timezone), options), leaps))
    .map(({ index }) => index);
}

/** Whether two schedules have an occurrence in common, as far as some leaps from one to the other tell. */
function meet(one: Schedule, other: Schedule, leaps: number): boolean {
  let at = one.next(0) ?? one.previous(0);
  for (let leap = 0; at !== null && leap < leaps; leap++) {
    const same = other.next(at - 1);
    if (same === at) return true;
    at = same === null ? null : one.next(same - 1);
  }
  return false;
}
