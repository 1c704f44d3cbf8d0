import { describeShape } from "../describe/exclusions.ts";
import { ScheduleError } from "../errors.ts";
import type { Reason } from "../kinds/kind.ts";
import type { Recurrence } from "../kinds/recurrence.ts";
import type { Exclusion, ScheduleSpec } from "../spec.ts";
import type { Zone } from "../zone/zone.ts";
import { businessCalendar, otherThanBusinessDays } from "./business-days.ts";
import { type Excluded, type Exclusions, excluding, exclusionAt } from "./excluding.ts";
import { type ExcludedOccurrences, readExcludedSchedule } from "./occurrences.ts";
import { type ParsedExclusion, parseExclusion } from "./parse.ts";
import { rolling } from "./rolling.ts";

export type AppliedExclusions = {
  recurrence: Recurrence;
  explain(ms: number): Reason[];
  /** The description with what is left out of it. */
  describe(text: string): string;
};

type Schedule = { matches(ms: number): boolean; describe(): string };

/**
 * Carries out `exclude`, `roll` and `businessDays` of a specification. Whole days that are excluded are what is not a business day; exclusions of
 * times of day and of other schedules' occurrences only ever leave out, and are applied to what has been moved.
 *
 * @param parse reads the schedules that are excluded
 * @throws ScheduleError `schedule_invalid`, or what is wrong with an excluded schedule
 */
export function applyExclusions(
  inner: Recurrence,
  spec: ScheduleSpec,
  zone: Zone,
  parse: (spec: ScheduleSpec) => Schedule,
): AppliedExclusions {
  if (spec.exclude === undefined && spec.roll === undefined && spec.businessDays === undefined) return nothingExcluded(inner);
  const entries = (spec.exclude ?? []).map((exclusion, index) => readEntry(exclusion, `exclude[${index}]`, zone, parse));
  const occurrences = entries.filter((entry) => "matches" in entry);
  const parsed = entries.filter((entry) => "covers" in entry);
  const closed = parsed.filter(({ wholeDays }) => wholeDays);
  const hours = parsed.filter(({ wholeDays }) => !wholeDays);
  checkNumbers(spec);
  const days = closed.map(({ covers }) => covers);
  const otherDays =
    spec.businessDays === undefined ? [] : [{ place: "businessDays", covers: otherThanBusinessDays(spec.businessDays, days) }];
  const all: Exclusions = { times: [...closed, ...hours, ...otherDays], occurrences, zone };

  const moved = spec.roll === undefined ? null : rolling(inner, zone, businessCalendar(days, spec.roll));
  return {
    recurrence: moved === null ? excluding(inner, all) : excluding(moved, { times: hours, occurrences, zone }),
    explain(ms) {
      if (moved !== null && moved.next(ms - 1) === ms && inner.next(ms - 1) !== ms) {
        const isLeftOut = exclusionAt({ times: hours, occurrences, zone }, ms);
        const text = `An occurrence of an excluded day is moved here ("${spec.roll}").`;
        return [{ part: "roll", holds: true, text }, ...(isLeftOut === null ? [] : [reasonOf(isLeftOut)])];
      }
      const excluded = exclusionAt(all, ms);
      return excluded === null ? [] : [reasonOf(excluded)];
    },
    describe: (text) => describeShape(text, spec, occurrences),
  };
}

/** Of most schedules. */
function nothingExcluded(inner: Recurrence): AppliedExclusions {
  return { recurrence: inner, explain: () => [], describe: (text) => text };
}

function readEntry(
  exclusion: Exclusion,
  place: string,
  zone: Zone,
  parse: (spec: ScheduleSpec) => Schedule,
): ExcludedOccurrences | (ParsedExclusion & { place: string }) {
  checkShape(exclusion, place);
  if ("schedule" in exclusion) return readExcludedSchedule(exclusion.schedule, place, zone.id, parse);
  return { place, ...parseExclusion(exclusion, place) };
}

const shapes: readonly (readonly string[])[] = [
  ["date"],
  ["from", "to"],
  ["weekly"],
  ["weekly", "between"],
  ["cron"],
  ["ics"],
  ["schedule"],
];

/** What the type says, for callers without types: a misspelt field must not become another exclusion in silence. */
function checkShape(exclusion: Exclusion, place: string): void {
  const given = Object.entries(exclusion).filter(([, value]) => value !== undefined);
  const names = given.map(([name]) => name);
  const isKnown = shapes.some((shape) => shape.length === names.length && shape.every((name) => names.includes(name)));
  if (
    isKnown &&
    given.every(([name, value]) => (name === "schedule" ? typeof value === "object" && value !== null : typeof value === "string"))
  )
    return;
  throw new ScheduleError("schedule_invalid", {
    field: place,
    found: JSON.stringify(exclusion),
    expected: "an object with date, from and to, weekly (and between), cron, ics or schedule",
    remedy: 'Write e.g. {"date": "12-25"} or {"schedule": {"cron": "0 9 1 * *"}}.',
  });
}

function reasonOf({ why }: Excluded): Reason {
  return { part: "exclude", holds: false, text: why() };
}

function checkNumbers({ businessDays, roll }: ScheduleSpec): void {
  if (businessDays === undefined) return;
  const refuse = (found: string, expected: string, remedy: string): ScheduleError =>
    new ScheduleError("schedule_invalid", { field: "businessDays", found, expected, remedy });
  if (roll !== undefined) throw refuse("businessDays and roll", "one of the two", "Business days need no moving.");
  if (businessDays.length === 0 || businessDays.some((number) => !Number.isInteger(number) || number === 0 || Math.abs(number) > 31)) {
    throw refuse(JSON.stringify(businessDays), "numbers such as [1, -1]", "1 is the first business day of the month, -1 the last.");
  }
}
