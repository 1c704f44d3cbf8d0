import { parseCron } from "../cron/parse.ts";
import { ScheduleError, within } from "../errors.ts";
import type { ExcludedSchedule, ScheduleSpec } from "../spec.ts";

/** What an exclusion needs of a schedule. */
type Matching = { matches(ms: number): boolean; describe(): string };

/** Another schedule whose occurrences are left out, and the entry it stems from. */
export type ExcludedOccurrences = Matching & { place: string };

/**
 * Reads an entry `{ schedule }` of `exclude`.
 *
 * @param place the entry, e.g. `exclude[2]`
 * @param timezone the zone it follows where it names none
 * @throws ScheduleError with the place in front of the field, also for what may not stand inside an exclusion
 */
export function readExcludedSchedule(
  schedule: ExcludedSchedule,
  place: string,
  timezone: string,
  parse: (spec: ScheduleSpec) => Matching,
): ExcludedOccurrences {
  const { matches, describe } = within(`${place}.schedule`, () => {
    const spec = excludedSpec(schedule, timezone);
    if (spec.anyOf !== undefined) throw refuse("anyOf", "Give each of its members as an exclusion of its own.");
    const nested = spec.exclude?.findIndex((exclusion) => "schedule" in exclusion) ?? -1;
    if (nested >= 0) throw refuse(`exclude[${nested}].schedule`, "Exclude local time there, or take the schedules apart.");
    return parse(spec);
  });
  return { place, matches, describe };
}

/** An excluded schedule as one of its own: where it names no zone, it follows that of the schedule it is taken from. */
export function excludedSpec(schedule: ExcludedSchedule, timezone: string): ScheduleSpec {
  return schedule.timezone === undefined && !namesZone(schedule) ? { ...schedule, timezone } : schedule;
}

/** Whether an expression or a rule brings its zone along. */
function namesZone({ cron, dialect, rrule }: ScheduleSpec): boolean {
  if (rrule !== undefined) return /^\s*DTSTART;(?:[^:\n]*;)?TZID=/im.test(rrule);
  return cron !== undefined && parseCron(cron, dialect ?? "punctual", "any").timezone !== null;
}

function refuse(field: string, remedy: string): ScheduleError {
  return new ScheduleError("schedule_invalid", { field, found: "a schedule in a schedule", expected: "one level only", remedy });
}
