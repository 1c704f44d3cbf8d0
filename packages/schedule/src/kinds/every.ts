import { ScheduleError } from "../errors.ts";
import { parseDuration } from "../text/duration.ts";
import type { Recurrence } from "./recurrence.ts";

/** Below this a schedule is a loop, and belongs into the worker. */
const shortestEveryMs = 1000;

/**
 * Elapsed time, counted from a fixed anchor: `anchor + n * every` for every whole n. Because the anchor never moves, restarts, edits and
 * late runs cannot make the schedule drift.
 *
 * @throws ScheduleError `duration_invalid`, also for less than a second
 */
export function everyRecurrence(every: string, anchorMs: number): Recurrence {
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
  };
}
