import { wallText } from "../calendar.ts";
import { ScheduleError } from "../errors.ts";
import type { Reason } from "../kinds/kind.ts";
import type { Recurrence } from "../kinds/recurrence.ts";
import type { ScheduleSpec } from "../spec.ts";
import type { Zone } from "../zone/zone.ts";
import { businessCalendar, otherThanBusinessDays } from "./business-days.ts";
import { excluding, exclusionAt } from "./excluding.ts";
import { parseExclusion } from "./parse.ts";
import { rolling } from "./rolling.ts";

export type AppliedExclusions = { recurrence: Recurrence; explain(ms: number): Reason[] };

/**
 * Carries out `exclude`, `roll` and `businessDays` of a specification. Whole days that are excluded are what is not a business day; exclusions of
 * times of day only ever leave out, and are applied to what has been moved.
 *
 * @throws ScheduleError `schedule_invalid`
 */
export function applyExclusions(inner: Recurrence, spec: ScheduleSpec, zone: Zone): AppliedExclusions {
  const parsed = (spec.exclude ?? []).map((exclusion, index) => parseExclusion(exclusion, `exclude[${index}]`));
  const closed = parsed.filter(({ wholeDays }) => wholeDays).map(({ covers }) => covers);
  const times = parsed.filter(({ wholeDays }) => !wholeDays).map(({ covers }) => covers);
  checkNumbers(spec);
  const otherDays = spec.businessDays === undefined ? [] : [otherThanBusinessDays(spec.businessDays, closed)];
  const all = [...closed, ...times, ...otherDays];

  const moved = spec.roll === undefined ? null : rolling(inner, zone, businessCalendar(closed, spec.roll));
  return {
    recurrence: moved === null ? excluding(inner, all, zone) : excluding(moved, times, zone),
    explain(ms) {
      if (moved !== null && moved.next(ms - 1) === ms && inner.next(ms - 1) !== ms) {
        return [{ part: "roll", holds: true, text: `An occurrence of an excluded day is moved here ("${spec.roll}").` }];
      }
      const stretch = exclusionAt(all, zone, ms);
      if (stretch === null) return [];
      return [{ part: "exclude", holds: false, text: `Local time from ${wallText(stretch.from)} to ${wallText(stretch.to)} is excluded.` }];
    },
  };
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
