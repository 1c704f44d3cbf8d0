import { applyExclusions } from "./exclude/apply.ts";
import type { Recurrence } from "./kinds/recurrence.ts";
import { rruleKind } from "./kinds/rrule.ts";
import { readRecurrence, readSchedule, type Schedule, type ScheduleOptions } from "./schedule.ts";
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

/**
 * Reads no more of a schedule than when it fires, for whoever keeps many in memory: a fifth of what `parseSchedule` gives. Instants are epoch milliseconds.
 *
 * @throws ScheduleError as `parseSchedule` does
 */
export function parseRecurrence(spec: ScheduleSpec, options: ScheduleOptions = {}): Recurrence {
  return readRecurrence(spec, options, everything);
}
