import { dayNumber, daysInMonth, secondsPerDay, wallText } from "../calendar.ts";
import { ScheduleError } from "../errors.ts";

const instantPattern = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?([Zz]|[+-]\d{2}:?\d{2})?$/;

/** A date and time as it was written; `offsetSeconds` is null where the text names no offset from UTC. */
export type WrittenInstant = { wallSecond: number; millisecond: number; offsetSeconds: number | null };

/**
 * Reads an instant in RFC 3339 with its offset, e.g. `2026-03-01T09:00:00Z` or `2026-03-01T10:00:00+01:00`. Digits beyond the
 * millisecond are dropped.
 *
 * @param field the name of the option the text came from, for the error
 * @returns epoch milliseconds
 * @throws ScheduleError `instant_invalid`, also where the offset is missing: a time without one means another instant on every machine
 */
export function parseInstant(text: string, field = "instant"): number {
  const written = readInstant(text, field);
  if (written.offsetSeconds === null) {
    throw new ScheduleError("instant_invalid", {
      field,
      found: text,
      expected: "an instant with an offset from UTC",
      remedy: `Add "Z" for UTC or an offset such as "+01:00": "${text.trim()}Z".`,
    });
  }
  return (written.wallSecond - written.offsetSeconds) * 1000 + written.millisecond;
}

/** Writes an instant in RFC 3339 with an offset, to the second unless it has a part of one: `2026-03-01T10:00:00+01:00`. */
export function instantText(ms: number, offsetSeconds: number): string {
  const second = Math.floor(ms / 1000);
  const millisecond = ms - second * 1000;
  const fraction = millisecond === 0 ? "" : `.${String(millisecond).padStart(3, "0")}`;
  return wallText(second + offsetSeconds) + fraction + offsetText(offsetSeconds);
}

/** RFC 3339 knows no seconds in an offset; the few zones that had some before 1972 are shown with them nevertheless. */
function offsetText(offsetSeconds: number): string {
  if (offsetSeconds === 0) return "Z";
  const size = Math.abs(offsetSeconds);
  const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60].map((part) => String(part).padStart(2, "0"));
  return (offsetSeconds < 0 ? "-" : "+") + parts.slice(0, parts[2] === "00" ? 2 : 3).join(":");
}

/**
 * Reads the parts of a written instant and leaves a missing offset to the caller, who may know a time zone.
 *
 * @throws ScheduleError `instant_invalid` when the text is no date and time, or the date does not exist
 */
export function readInstant(text: string, field: string): WrittenInstant {
  const refuse = (remedy: string): ScheduleError =>
    new ScheduleError("instant_invalid", { field, found: text, expected: 'an instant such as "2026-03-01T09:00:00Z"', remedy });
  const match = instantPattern.exec(text.trim());
  if (match === null) throw refuse("Write date, time and offset in RFC 3339.");

  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4]);
  const minute = Number(match[5]);
  const second = Number(match[6] ?? 0);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) throw refuse("The calendar has no such day.");
  if (second === 60) throw refuse("Leap seconds are not counted; write the second before or after.");
  if (hour > 23 || minute > 59 || second > 59) throw refuse("The clock has no such time.");

  return {
    wallSecond: dayNumber(year, month, day) * secondsPerDay + hour * 3600 + minute * 60 + second,
    millisecond: Number((match[7] ?? "0").slice(0, 3).padEnd(3, "0")),
    offsetSeconds: match[8] === undefined ? null : offsetSeconds(match[8], refuse),
  };
}

function offsetSeconds(text: string, refuse: (remedy: string) => ScheduleError): number {
  if (text === "Z" || text === "z") return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(-2));
  if (hours > 23 || minutes > 59) throw refuse("Offsets run from -23:59 to +23:59.");
  return (text.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}
