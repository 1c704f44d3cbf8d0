import type { Dialect } from "./cron/rules.ts";
import type { RollRule } from "./exclude/business-days.ts";
import type { TimeExclusion } from "./exclude/exclusion.ts";
import type { GapPolicy, OverlapPolicy } from "./zone/local.ts";

/** What a schedule leaves out: local time, or the very instants at which another schedule fires. */
export type Exclusion = TimeExclusion | { schedule: ExcludedSchedule };

/**
 * A schedule whose occurrences are left out. Without a `timezone` it follows the zone of the schedule it is taken from. It may exclude local time, but no
 * schedule in turn: with every level less people can tell what is left.
 */
export type ExcludedSchedule = Omit<ScheduleSpec, "anyOf" | "exclude"> & { exclude?: TimeExclusion[] };

/** When a job fires, as people write it down. Exactly one of `cron`, `every`, `runAt`, `rrule` and `anyOf` says the kind. */
export type ScheduleSpec = {
  /** A cron expression: five fields, six (seconds first), seven (years last), or a nickname such as `@daily`. */
  cron?: string;
  /**
   * The distance of occurrences, at least a second. Hours and shorter are elapsed time (`15m`, `PT1H`), days and longer keep their local
   * time (`1 day`, `2w`, `P1M`).
   */
  every?: string;
  /** A single instant: `2026-03-01T09:00:00Z`; without an offset where `timezone` is named. */
  runAt?: string;
  /**
   * A recurrence set of RFC 5545: lines of `DTSTART`, `RRULE`, `RDATE` and `EXDATE`, or a bare rule such as `FREQ=WEEKLY;BYDAY=MO,WE`, which begins at
   * `anchor`, else at `startAt`, else with the start of 1970 in the zone.
   */
  rrule?: string;
  /** Several schedules: it fires whenever one of them does. Up to 50. */
  anyOf?: ScheduleSpec[];
  /** IANA name of the zone whose clock counts. Default `UTC`. */
  timezone?: string;
  /** The instant `every` counts from and a bare `rrule` begins at. Default: the start of 1970, in UTC for elapsed time and in the zone for days and longer. */
  anchor?: string;
  /** First instant allowed, itself included. Default: none. */
  startAt?: string;
  /** Last instant allowed, itself included. Default: none. */
  endAt?: string;
  /**
   * What happens to local times that a change of the clock skips (`gap`) or repeats (`overlap`). Defaults: `run_after` and `first`; for
   * cron patterns that fire in every hour `skip` and `both`, which is to follow elapsed time; for `rrule` `shift` and `first`, as RFC 5545 has it, and
   * elapsed time for its hours, minutes and seconds.
   */
  dst?: { gap?: GapPolicy; overlap?: OverlapPolicy };
  /** Local times in which it does not fire, and schedules whose occurrences it leaves out. */
  exclude?: Exclusion[];
  /**
   * Moves occurrences on excluded whole days to a day that is not excluded, at the same local time: the following one, the preceding one, or the following
   * one unless that is in the next month. Default: they are left out. Meant for schedules of a few occurrences a day.
   */
  roll?: RollRule;
  /** Only on these business days of the month: 1 is the first day that is not excluded, -1 the last. Default: every day. */
  businessDays?: number[];
  /** Whose rules a cron expression follows. Default `punctual`. */
  dialect?: Dialect;
};
