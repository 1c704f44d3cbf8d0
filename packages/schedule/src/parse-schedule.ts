import { applyExclusions } from "./exclude/apply.ts";
import { rruleKind } from "./kinds/rrule.ts";
import { readSchedule, type Schedule, type ScheduleOptions } from "./schedule.ts";
import type { ScheduleSpec } from "./spec.ts";

const everything = { rrule: rruleKind, exclusions: applyExclusions };

/**
 * Reads a schedule.
 *
 * @throws ScheduleError naming the field, what stands there, what should, and what to do
 */
export function parseSchedule(spec: ScheduleSpec, options: ScheduleOptions = {}): Schedule {
  return readSchedule(spec, options, everything);
}
