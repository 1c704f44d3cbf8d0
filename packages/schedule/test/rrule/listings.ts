import { parseSchedule } from "../../src/index.ts";
import { localText } from "../support/local.ts";

/** Day and time of occurrences in New York: `1997-09-02 09:00`. */
export function fires(rrule: string, most = 400): string[] {
  const schedule = parseSchedule({ rrule });
  const found: string[] = [];
  for (let at = schedule.next(0); at !== null && found.length < most; at = schedule.next(at))
    found.push(localText(at, "America/New_York").slice(0, 16).replace("T", " "));
  return found;
}

/** `1997-09: 2 4 30` as dates at 09:00. */
export function dates(text: string, time = "09:00"): string[] {
  return text
    .trim()
    .split(/\n\s*/)
    .flatMap((line) => {
      const [month, days] = line.split(": ");
      return (days as string).split(" ").map((day) => `${month}-${day.padStart(2, "0")} ${time}`);
    });
}

/** Days in a row, both included. */
export function range(from: string, to: string, step = 1): string[] {
  const found: string[] = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += step * 86_400_000)
    found.push(`${new Date(at).toISOString().slice(0, 10)} 09:00`);
  return found;
}

export const zoned = (start: string, rule: string): string => `DTSTART;TZID=America/New_York:${start}\nRRULE:${rule}`;
export const from2September = (rule: string): string => zoned("19970902T090000", rule);
