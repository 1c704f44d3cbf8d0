import { ScheduleError } from "../errors.ts";
import type { ScheduleSpec } from "../spec.ts";
import { formatDuration, parseDuration } from "../text/duration.ts";
import { instantText, parseInstant } from "../text/instant.ts";
import { offsetAt, type Zone } from "../zone/zone.ts";
import { calendarRecurrence, readCalendarPeriod, sayPeriod } from "./calendar-every.ts";
import type { Kind, Reason } from "./kind.ts";
import type { Recurrence } from "./recurrence.ts";

/** Below this a schedule is a loop, and belongs into the worker. */
const shortestEveryMs = 1000;

/**
 * Reads a specification with `every`. Days and longer are calendar units and keep their local time (`1 day`, `2w`, `P1M`); hours and
 * shorter are elapsed time, counted from the anchor: `anchor + n * every` for every whole n. Because the anchor never moves, restarts, edits
 * and late runs cannot make the schedule drift.
 *
 * @throws ScheduleError `duration_invalid`, also for less than a second
 */
export function everyKind(spec: ScheduleSpec, every: string, zone: Zone): Kind {
  const anchorMs = spec.anchor === undefined ? null : parseInstant(spec.anchor, "anchor");
  const period = readCalendarPeriod(every);
  const recurrence = period === null ? elapsedRecurrence(every, anchorMs ?? 0) : calendarRecurrence(period, anchorMs, zone, spec.dst);
  const describe = (): string => {
    if (period === null) return `Every ${formatDuration(parseDuration(every, "every"))}`;
    return zone.isUtc ? `Every ${sayPeriod(period)}` : `Every ${sayPeriod(period)} (${zone.id})`;
  };
  const explain = (ms: number): Reason[] => {
    const holds = recurrence.next(ms - 1) === ms;
    const counted = `anchor ${instantText(anchorMs ?? 0, offsetAt(zone, Math.floor((anchorMs ?? 0) / 1000)))}`;
    return [{ part: "every", holds, text: `It is ${holds ? "" : "not "}a whole number of times ${every} from the ${counted}.` }];
  };
  return { kind: "every", zone, recurrence, describe, explain };
}

function elapsedRecurrence(every: string, anchorMs: number): Recurrence {
  const everyMs = parseDuration(every, "every");
  if (everyMs < shortestEveryMs) {
    throw new ScheduleError("duration_invalid", {
      field: "every",
      found: every,
      expected: "at least 1s",
      remedy: "Loop inside the job for anything quicker.",
    });
  }
  return {
    next: (afterMs) => anchorMs + (Math.floor((afterMs - anchorMs) / everyMs) + 1) * everyMs,
    previous: (beforeMs) => anchorMs + (Math.ceil((beforeMs - anchorMs) / everyMs) - 1) * everyMs,
    countBetween: (fromMs, toMs) => Math.max(Math.floor((toMs - anchorMs) / everyMs) - Math.ceil((fromMs - anchorMs) / everyMs) + 1, 0),
  };
}
