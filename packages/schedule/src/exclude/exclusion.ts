/**
 * Local time in which a schedule does not fire. All of it is meant in the schedule's zone; a weekday list is written as in cron.
 */
export type TimeExclusion =
  /** A day: `2026-12-25`, or in every year: `12-25`. */
  | { date: string }
  /** Days, both included. */
  | { from: string; to: string }
  /** Weekdays, whole or between two times: `{ weekly: "MON-FRI", between: "22:00-06:00" }`; past midnight the day is that of the start. */
  | { weekly: string; between?: string }
  /** The times of a cron expression; one of five fields covers whole minutes. */
  | { cron: string }
  /** The whole-day events of an iCalendar file (.ics), given as its text of at most 256 KiB. */
  | { ics: string };

/** A stretch of local time in wall seconds; `to` is the first second after it. */
export type WallStretch = { from: number; to: number };

/** An exclusion, understood: the stretch around a wall second, or null where it excludes nothing. */
export type WallExclusion = (wallSecond: number) => WallStretch | null;

/** As {@link WallExclusion}, with the entry of the specification it stems from. */
export type PlacedExclusion = { place: string; covers: WallExclusion };
