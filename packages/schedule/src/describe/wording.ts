import type { SetShape } from "./sets.ts";

/** The sentences a language needs to say a schedule. Another language is another value of this type. */
export type Wording = {
  /** Puts "and" or "or" before the last of several things. */
  list(items: readonly string[], word: "and" | "or"): string;
  range(from: string, to: string): string;
  clock(hour: number, minute: number, second: number | null): string;
  times(times: string): string;
  every(step: number, unit: "second" | "minute" | "hour"): string;
  everyFrom(step: number, unit: "second" | "minute" | "hour", from: number): string;
  within(what: string, hours: string): string;
  fullHours(hours: string): string;
  minutesPast(minutes: string, hours: string | null): string;
  atSeconds(seconds: string): string;
  weekday(day: number): string;
  month(month: number): string;
  onDays(days: string): string;
  dayOfMonth(day: number): string;
  fromLast(back: number): string;
  nearestWeekday(day: string): string;
  nthWeekday(nth: number, day: string): string;
  everyNthDay(step: number, from: number): string;
  bothDays(day: string, weekday: string): string;
  inMonths(months: string): string;
  inYears(years: string): string;
  /** `the 2nd`, and counted from the end `the last`, `the 2nd to last`. */
  placeInMonth(place: number): string;
  inZone(sentence: string, zone: string): string;
};

/** Says the members of a set one by one, runs as ranges. */
export function sayValues(
  wording: Wording,
  set: SetShape & { shape: "list" },
  say: (value: number) => string,
  word: "and" | "or" = "and",
): string {
  return wording.list(
    set.runs.map(({ from, to }) => (from === to ? say(from) : wording.range(say(from), say(to)))),
    word,
  );
}
