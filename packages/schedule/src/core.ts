import { ScheduleError } from "./errors.ts";
import { readSchedule, type Schedule, type ScheduleOptions, type ScheduleParts } from "./schedule.ts";
import type { ScheduleSpec } from "./spec.ts";

export { ScheduleError } from "./errors.ts";
export type { Explanation, Schedule, ScheduleOptions } from "./schedule.ts";

/** The schedules of this entry: `cron`, `every`, `runAt` and `anyOf`, with zones, policies for changes of the clock, and bounds. */
export type CoreScheduleSpec = Omit<ScheduleSpec, "rrule" | "anyOf" | "exclude" | "roll" | "businessDays"> & { anyOf?: CoreScheduleSpec[] };

/** Recurrence rules and exclusions are not passed over in silence: a schedule that holds some would fire at other times. */
const refusing: ScheduleParts = {
  rrule: () => {
    throw missing("rrule");
  },
  exclusions: (recurrence, spec) => {
    const given = (["exclude", "roll", "businessDays"] as const).find((field) => spec[field] !== undefined);
    if (given !== undefined) throw missing(given);
    return { recurrence, explain: () => [], describe: (text) => text };
  },
};

/**
 * Reads a schedule, as `parseSchedule` of the whole package does, in two thirds of its size: without recurrence rules, exclusions and business days.
 *
 * @throws ScheduleError naming the field, what stands there, what should, and what to do
 */
export function parseSchedule(spec: CoreScheduleSpec, options: ScheduleOptions = {}): Schedule {
  return readSchedule(spec, options, refusing);
}

function missing(field: string): ScheduleError {
  return new ScheduleError("schedule_invalid", {
    field,
    expected: "cron, every, runAt or anyOf without exclusions",
    remedy: 'Import parseSchedule from "@punctual/schedule", which reads all of it.',
  });
}
