import { civilDate, dayNumber } from "../calendar.ts";
import { ScheduleError } from "../errors.ts";
import type { TimeExclusion } from "./exclusion.ts";

/** The whole-day events of a calendar as exclusions, and what could not become one, with the reason. */
export type Holidays = { exclusions: TimeExclusion[]; unread: { summary: string; reason: string }[] };

type Event = { summary: string; start: string; end: string; rule: string };

/**
 * Reads the holidays of an iCalendar file (RFC 5545): events of whole days, once or every year on the same date. Other events are no holidays, and
 * are reported instead of guessed at.
 *
 * @param field the name of the option the text came from, for the error
 * @throws ScheduleError `schedule_invalid` when the text is no calendar
 */
export function readHolidays(text: string, field = "calendar"): Holidays {
  // Long lines are folded: a line break and a space belong to the line before.
  const lines = text.replace(/\r?\n[ \t]/g, "").split(/\r?\n/);
  if (lines[0]?.trim().toUpperCase() !== "BEGIN:VCALENDAR") {
    throw new ScheduleError("schedule_invalid", {
      field,
      found: lines[0] ?? "",
      expected: "BEGIN:VCALENDAR",
      remedy: "Give the text of an iCalendar file (.ics).",
    });
  }
  const holidays: Holidays = { exclusions: [], unread: [] };
  for (const event of eventsOf(lines)) {
    const exclusion = toExclusion(event);
    if (typeof exclusion === "string") holidays.unread.push({ summary: event.summary, reason: exclusion });
    else holidays.exclusions.push(exclusion);
  }
  return holidays;
}

function eventsOf(lines: readonly string[]): Event[] {
  const events: Event[] = [];
  let event: Event | null = null;
  for (const line of lines) {
    const [, name = "", value = ""] = /^([A-Za-z-]+)[^:]*:(.*)$/.exec(line.trim()) ?? [];
    const property = name.toUpperCase();
    if (property === "BEGIN" && value === "VEVENT") event = { summary: "", start: "", end: "", rule: "" };
    if (event === null) continue;
    if (property === "SUMMARY") event.summary = value;
    if (property === "DTSTART") event.start = value;
    if (property === "DTEND") event.end = value;
    if (property === "RRULE") event.rule = value.toUpperCase();
    if (property === "END" && value === "VEVENT") {
      events.push(event);
      event = null;
    }
  }
  return events;
}

/** The exclusion an event means, or the reason why it is none. */
function toExclusion({ start, end, rule }: Event): TimeExclusion | string {
  const from = readDay(start);
  const endDay = end === "" ? null : readDay(end);
  if (from === null || (end !== "" && endDay === null)) return "it is not an event of whole days";
  const last = endDay === null ? from : endDay - 1; // DTEND is the first day after the event
  if (rule === "") return last <= from ? { date: dayText(from) } : { from: dayText(from), to: dayText(last) };
  if (!/^FREQ=YEARLY(;INTERVAL=1)?$/.test(rule)) return `its rule "${rule}" is not once a year on the same date`;
  return last <= from ? { date: dayText(from).slice(5) } : "it has several days every year";
}

function readDay(text: string): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)$/.exec(text);
  if (match === null) return null;
  const day = dayNumber(Number(match[1]), Number(match[2]), Number(match[3]));
  return dayText(day).replaceAll("-", "") === text ? day : null;
}

function dayText(day: number): string {
  const { year, month, day: dayOfMonth } = civilDate(day);
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(dayOfMonth).padStart(2, "0")}`;
}
