export { normalizeCron } from "./cron/print.ts";
export type { Dialect } from "./cron/rules.ts";
export { diffSchedules, type ScheduleDiff } from "./diff.ts";
export { ScheduleError, type ScheduleErrorCode, type ScheduleErrorDetails } from "./errors.ts";
export type { RollRule } from "./exclude/business-days.ts";
export type { TimeExclusion } from "./exclude/exclusion.ts";
export { type Holidays, readHolidays } from "./exclude/icalendar.ts";
export { createForecast, type Forecast, type ForecastInput, type ForecastSchedule, forecastLoad } from "./forecast.ts";
export type { Reason, ScheduleKind } from "./kinds/kind.ts";
export type { Recurrence } from "./kinds/recurrence.ts";
export { type LintFinding, lintSchedule } from "./lint.ts";
export {
  type DueInput,
  type DueOccurrence,
  type DuePage,
  enumerateDue,
  enumerateDueRanges,
  type MisfirePolicy,
  type SkippedRange,
} from "./misfire.ts";
export { type MovedSchedule, movedSchedules, tzVersion, type ZoneTransitions, zoneTransitions } from "./moves.ts";
export { parseRecurrence, parseSchedule } from "./parse-schedule.ts";
export type { Explanation, Schedule, ScheduleOptions } from "./schedule.ts";
export type { ExcludedSchedule, Exclusion, ScheduleSpec } from "./spec.ts";
export { effectiveTime, type SpreadInput } from "./spread.ts";
export { formatDuration, parseDuration } from "./text/duration.ts";
export { parseInstant } from "./text/instant.ts";
export type { DstPolicy, GapPolicy, OverlapPolicy } from "./zone/local.ts";
export type { Zone } from "./zone/zone.ts";
