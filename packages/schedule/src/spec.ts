import type { Dialect } from "./cron/rules.ts";
import type { GapPolicy, OverlapPolicy } from "./zone/local.ts";

/** When a job fires, as people write it down. Exactly one of `cron`, `every` and `runAt` says the kind. */
export type ScheduleSpec = {
  /** A cron expression: five fields, six (seconds first), seven (years last), or a nickname such as `@daily`. */
  cron?: string;
  /** A length of time between occurrences, at least a second: `15m`, `PT1H`. */
  every?: string;
  /** A single instant with its offset: `2026-03-01T09:00:00Z`. */
  runAt?: string;
  /** IANA name of the zone whose clock counts. Default `UTC`. */
  timezone?: string;
  /** The instant `every` counts from. Default `1970-01-01T00:00:00Z`. */
  anchor?: string;
  /** First instant allowed, itself included. Default: none. */
  startAt?: string;
  /** Last instant allowed, itself included. Default: none. */
  endAt?: string;
  /**
   * What happens to local times that a change of the clock skips (`gap`) or repeats (`overlap`). Defaults: `run_after` and `first`; for
   * cron patterns that fire in every hour `skip` and `both`, which is to follow elapsed time.
   */
  dst?: { gap?: GapPolicy; overlap?: OverlapPolicy };
  /** Whose rules a cron expression follows. Default `punctual`. */
  dialect?: Dialect;
};
