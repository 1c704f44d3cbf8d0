import { createInstantSearch, type InstantSearch } from "../cron/instants.ts";
import { parseCron } from "../cron/parse.ts";
import { type CronPattern, everyHour } from "../cron/pattern.ts";
import { createWallSearch } from "../cron/wall-search.ts";
import { describeCron } from "../describe/cron.ts";
import { english } from "../describe/english.ts";
import { ScheduleError } from "../errors.ts";
import { explainCron } from "../explain/cron.ts";
import type { ScheduleSpec } from "../spec.ts";
import type { DstPolicy } from "../zone/local.ts";
import type { Zone } from "../zone/zone.ts";
import type { Kind } from "./kind.ts";
import type { Recurrence } from "./recurrence.ts";

/** Reads a specification with `cron`. */
export function cronKind(
  spec: ScheduleSpec,
  cron: string,
  hashSeed: string | undefined,
  zoneOf: (id: string, field: string) => Zone,
): Kind {
  const { pattern, timezone } = parseCron(cron, spec.dialect ?? "punctual", hashSeed);
  if (timezone !== null && spec.timezone !== undefined && timezone !== spec.timezone) {
    throw new ScheduleError("schedule_invalid", {
      field: "timezone",
      found: spec.timezone,
      expected: `${timezone}, as in the expression`,
      remedy: "Name the zone in one place only.",
    });
  }
  const zone = zoneOf(timezone ?? spec.timezone ?? "UTC", timezone === null ? "timezone" : "cron");
  const policy = { ...defaultDstPolicy(pattern), ...spec.dst };
  const recurrence = cronRecurrence(pattern, zone, policy);
  return {
    kind: "cron",
    zone,
    recurrence,
    describe: () => (zone.id === "UTC" ? describeCron(pattern, english) : english.inZone(describeCron(pattern, english), zone.id)),
    explain: (ms) => explainCron(pattern, zone, policy, recurrence, ms),
  };
}

/**
 * The policy of a cron pattern where its owner names none. A pattern that fires in every hour is meant as "every so often", so it follows
 * the time that really passes: nothing is made up for in a gap, and both passes of a repeated hour count, as with Vixie cron. Every other
 * pattern names times of day, and those should come once a day, also on the two odd days of the year.
 */
function defaultDstPolicy(pattern: CronPattern): DstPolicy {
  return pattern.hours === everyHour ? { gap: "skip", overlap: "both" } : { gap: "run_after", overlap: "first" };
}

function cronRecurrence(pattern: CronPattern, zone: Zone, policy: DstPolicy): Recurrence {
  const walls = createWallSearch(pattern);
  // In UTC local times are instants already, which halves the cost of a question.
  const search: InstantSearch = zone.isUtc ? walls : createInstantSearch(walls, zone, policy);
  return {
    next(afterMs) {
      const found = search.next(Math.floor(afterMs / 1000) + 1);
      return found === Number.POSITIVE_INFINITY ? null : found * 1000;
    },
    previous(beforeMs) {
      const found = search.previous(Math.ceil(beforeMs / 1000) - 1);
      return found === Number.NEGATIVE_INFINITY ? null : found * 1000;
    },
  };
}
