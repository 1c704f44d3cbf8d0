import type { Zone } from "../zone/zone.ts";
import type { Recurrence } from "./recurrence.ts";

export type ScheduleKind = "cron" | "every" | "once" | "rrule" | "union";

/** One thing that speaks for or against an occurrence at the instant that was asked about. */
export type Reason = {
  /** What it is about: a part of the cron expression, `every`, `runAt`, a part of the rule, `dst`, `anyOf`, `startAt`, `endAt` or `exclude`. */
  part: string;
  holds: boolean;
  /** A sentence for people. */
  text: string;
};

/** What a kind of schedule gives the rest of the package. */
export type Kind = {
  kind: ScheduleKind;
  zone: Zone;
  recurrence: Recurrence;
  describe(): string;
  explain(ms: number): Reason[];
};
