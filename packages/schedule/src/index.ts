export type { Dialect } from "./cron/rules.ts";
export { ScheduleError, type ScheduleErrorCode, type ScheduleErrorDetails } from "./errors.ts";
export { type DueInput, type DueOccurrence, type DuePage, enumerateDue, type MisfirePolicy } from "./misfire.ts";
export { parseSchedule, type Schedule, type ScheduleKind } from "./schedule.ts";
export type { ScheduleSpec } from "./spec.ts";
export { formatDuration, parseDuration } from "./text/duration.ts";
export { parseInstant } from "./text/instant.ts";
export type { GapPolicy, OverlapPolicy } from "./zone/local.ts";
