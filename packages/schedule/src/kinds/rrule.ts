import { secondsPerDay } from "../calendar.ts";
import { describeRule } from "../describe/rrule.ts";
import { ScheduleError } from "../errors.ts";
import { explainRule } from "../explain/rrule.ts";
import { type RecurrenceSet, readSet, type ZonedTime } from "../rrule/read-set.ts";
import { isSubDaily, type Rule } from "../rrule/rule.ts";
import { type RuleStart, ruleRecurrence, wallAt, withDates } from "../rrule/set.ts";
import type { ScheduleSpec } from "../spec.ts";
import { parseInstant } from "../text/instant.ts";
import { type DstPolicy, resolveLocal } from "../zone/local.ts";
import type { Zone } from "../zone/zone.ts";
import type { Kind } from "./kind.ts";

type ZoneReader = (id: string, field: string) => Zone;

/**
 * Reads a specification with `rrule`: a recurrence set of RFC 5545, or a bare rule, which begins at `anchor`, else at `startAt`, else with the
 * start of 1970 on the zone's clocks. DTSTART is an occurrence when the rule has it, and when there is no rule.
 *
 * @throws ScheduleError `schedule_invalid`; `schedule_never_fires` when no date matches
 */
export function rruleKind(spec: ScheduleSpec, rrule: string, readZone: ZoneReader): Kind {
  const set = readSet(rrule);
  const zone = zoneOfSet(set, spec.timezone, readZone);
  const policy = policyOf(spec, set.rule);
  const resolve = resolver(zone, policy, readZone);
  const start = startOf(spec, set, zone, resolve);
  const untilMs = set.rule?.until ? untilOf(set.rule.until, zone) : Number.POSITIVE_INFINITY;

  const added = set.added.map((time) => resolve(time) * 1000);
  if (set.rule === null && set.start !== null) added.push(start.second * 1000);
  const removed = new Set(set.removed.filter(({ isDate }) => !isDate).map((time) => resolve(time) * 1000));
  const removedDays = new Set(set.removed.filter(({ isDate }) => isDate).map(({ wallSecond }) => wallSecond / secondsPerDay));
  const ruled = set.rule === null ? null : ruleRecurrence(set.rule, zone, start, untilMs, policy);
  const inner = ruled ?? { next: () => null, previous: () => null };
  const recurrence = withDates(inner, zone, added, removed, removedDays);

  if (recurrence.next(Number.NEGATIVE_INFINITY) === null) {
    throw new ScheduleError("schedule_never_fires", {
      field: "rrule",
      found: rrule,
      expected: "a rule that some date after DTSTART matches",
      remedy: "No date matches all of its parts; remove one, or move DTSTART or UNTIL.",
    });
  }
  return {
    kind: "rrule",
    zone,
    recurrence,
    describe: () => describeRule(set, start.wall, zone),
    explain: (ms) => explainRule({ rule: set.rule, start, untilMs, added, removed, removedDays, zone, recurrence }, ms),
  };
}

function zoneOfSet({ start }: RecurrenceSet, timezone: string | undefined, readZone: ZoneReader): Zone {
  const named = start?.timezone ?? null;
  if (named !== null && timezone !== undefined && named !== timezone) {
    throw new ScheduleError("schedule_invalid", {
      field: "timezone",
      found: timezone,
      expected: `${named}, as in DTSTART`,
      remedy: "Name the zone in one place only.",
    });
  }
  return readZone(named ?? timezone ?? "UTC", named === null ? "timezone" : "rrule");
}

/** The policy its owner names; half a policy is filled up with what comes nearest to the default. */
function policyOf({ dst }: ScheduleSpec, rule: Rule | null): DstPolicy | null {
  if (dst === undefined) return null;
  const fill: DstPolicy =
    rule !== null && isSubDaily(rule.frequency) ? { gap: "skip", overlap: "both" } : { gap: "shift", overlap: "first" };
  return { ...fill, ...dst };
}

type Resolve = (time: ZonedTime) => number;

/** Turns written times into epoch seconds; a time that does not exist is never dropped, as it names one instant and not a series. */
function resolver(zone: Zone, policy: DstPolicy | null, readZone: ZoneReader): Resolve {
  const gap = policy?.gap === "run_after" ? "run_after" : "shift";
  const overlap = policy?.overlap === "second" ? "second" : "first";
  return ({ wallSecond, isUtc, timezone }) => {
    if (isUtc) return wallSecond;
    return resolveLocal(timezone === null ? zone : readZone(timezone, "rrule"), wallSecond, gap, overlap) as number;
  };
}

function startOf({ anchor, startAt }: ScheduleSpec, { start, rule }: RecurrenceSet, zone: Zone, resolve: Resolve): RuleStart {
  if (start !== null && anchor !== undefined) {
    throw new ScheduleError("schedule_invalid", {
      field: "anchor",
      found: anchor,
      expected: "no anchor next to DTSTART",
      remedy: "Both say where the rule begins; keep DTSTART.",
    });
  }
  if (start !== null) {
    const second = resolve(start);
    return { second, wall: start.isUtc ? wallAt(zone, second) : start.wallSecond };
  }
  const instant = anchor ?? startAt;
  if (instant === undefined && (rule?.count ?? null) !== null) {
    throw new ScheduleError("schedule_invalid", {
      field: "rrule",
      found: "COUNT",
      expected: "DTSTART, anchor or startAt next to COUNT",
      remedy: "Say where counting begins.",
    });
  }
  if (instant === undefined) return { second: resolveLocal(zone, 0, "shift", "first") as number, wall: 0 };
  // Rules know whole seconds; the first one allowed is not before the instant.
  const second = Math.ceil(parseInstant(instant, anchor === undefined ? "startAt" : "anchor") / 1000);
  return { second, wall: wallAt(zone, second) };
}

/** UNTIL in a local time includes both passes of it, and as a date the whole day. */
function untilOf({ wallSecond, isUtc, isDate }: NonNullable<Rule["until"]>, zone: Zone): number {
  if (isUtc) return wallSecond * 1000;
  return (resolveLocal(zone, isDate ? wallSecond + secondsPerDay - 1 : wallSecond, "shift", "second") as number) * 1000;
}
