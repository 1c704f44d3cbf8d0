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
  const local = localFormat(schedule.timezone);
  const occurrences: Preview["occurrences"] = [];
  let next = schedule.next(from === undefined ? options.nowMs : parseInstant(from, "from"));
  while (next !== null && occurrences.length < options.count) {
    occurrences.push({ nominalAt: new Date(next).toISOString(), localTime: local(next) });
    next = schedule.next(next);
  }
  const nextFrom = next === null ? null : (occurrences.at(-1)?.nominalAt ?? null);
  return { description: schedule.describe(), timezone: schedule.timezone, occurrences, nextFrom };
}

/** `2027-03-01T10:00:00+01:00` by the clock of a zone. */
function localFormat(timezone: string): (epochMs: number) => string {
  const two = "2-digit";
  const format = new Intl.DateTimeFormat("en-US", {
    ...{ timeZone: timezone, hourCycle: "h23", timeZoneName: "longOffset" },
    ...{ year: "numeric", month: two, day: two, hour: two, minute: two, second: two },
  });
  return (epochMs) => {
    const part = Object.fromEntries(format.formatToParts(epochMs).map(({ type, value }) => [type, value]));
    const offset = part.timeZoneName === "GMT" ? "Z" : part.timeZoneName?.slice("GMT".length);
    return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}${offset}`;
  };
}
