import type { Preview } from "@punctual/contract";
import { parseInstant, parseSchedule, type ScheduleSpec } from "@punctual/schedule";

/**
 * What the API's preview answers, computed here, without a server.
 *
 * @param spec with `from`, the instant after which occurrences are listed
 * @throws ScheduleError
 */
export function previewLocally(spec: ScheduleSpec & { from?: string }, options: { nowMs: number; count: number }): Preview {
  const { from, ...fields } = spec;
  const schedule = parseSchedule(fields);
  const occurrences: Preview["occurrences"] = [];
  let next = schedule.next(from === undefined ? options.nowMs : parseInstant(from, "from"));
  while (next !== null && occurrences.length < options.count) {
    const nominalAt = new Date(next).toISOString();
    occurrences.push({ nominalAt, effectiveAt: nominalAt, localTime: schedule.explain(next).localTime });
    next = schedule.next(next);
  }
  const nextFrom = next === null ? null : (occurrences.at(-1)?.nominalAt ?? null);
  return { description: schedule.describe(), timezone: schedule.timezone, occurrences, nextFrom };
}
