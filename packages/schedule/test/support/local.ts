import { parseSchedule, type ScheduleSpec } from "../../src/index.ts";

/** An instant on the clocks of a zone, seconds left out when there are none: `2026-03-08T03:00-04:00`, or `...Z` at offset zero. */
export function localText(ms: number, timezone: string): string {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: timezone, dateStyle: "short", timeStyle: "medium" });
  const offset = new Intl.DateTimeFormat("en-US", { timeZone: timezone, timeZoneName: "longOffset" }).format(ms).split("GMT").at(-1);
  return format.format(ms).replace(" ", "T").replace(/:00$/, "") + (offset === "+00:00" ? "Z" : offset);
}

/** The occurrences of a schedule strictly after an instant, as local texts. */
export function occurrences(spec: ScheduleSpec, after: string, count: number, hashSeed?: string): string[] {
  const schedule = parseSchedule(spec, hashSeed === undefined ? {} : { hashSeed });
  const found: string[] = [];
  for (let at = schedule.next(Date.parse(after)); at !== null && found.length < count; at = schedule.next(at))
    found.push(localText(at, schedule.timezone));
  return found;
}
