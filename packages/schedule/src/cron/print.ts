import { members, runsOf, shapeOf } from "../describe/sets.ts";
import { parseCron } from "./parse.ts";
import { type CronPattern, everyDay, everyWeekday } from "./pattern.ts";
import type { Dialect } from "./rules.ts";

/**
 * Rewrites an expression of any dialect in Punctual's own, in its plainest form: numbers instead of names, Sunday 0, every `H` replaced by what it stands
 * for. Two expressions that mean the same nearly always become equal.
 *
 * @throws ScheduleError as `parseSchedule` does
 */
export function normalizeCron(cron: string, { dialect = "punctual", hashSeed }: { dialect?: Dialect; hashSeed?: string } = {}): string {
  const { pattern, timezone } = parseCron(cron, dialect, hashSeed);
  return (timezone === null ? "" : `CRON_TZ=${timezone} `) + printPattern(pattern);
}

/** The text of a pattern: as few fields as say it. */
export function printPattern(pattern: CronPattern): string {
  const seconds = printSet(members(pattern.secondsLow, pattern.secondsHigh, 0, 59), 0, 59);
  const fields = [
    printSet(members(pattern.minutesLow, pattern.minutesHigh, 0, 59), 0, 59),
    printSet(members(pattern.hours, 0, 0, 23), 0, 23),
    printDays(pattern),
    printSet(members(pattern.months, 0, 1, 12), 1, 12),
    printWeekdays(pattern),
  ];
  if (pattern.years !== null) return [seconds, ...fields, printRuns(pattern.years)].join(" ");
  return (seconds === "0" ? fields : [seconds, ...fields]).join(" ");
}

function printDays(pattern: CronPattern): string {
  if (pattern.days === everyDay) return pattern.dayRule === "either" ? "1-31" : "*";
  const bits = (mask: number): number[] => members(mask, 0, 0, 31);
  const back = (days: number): string => (days === 0 ? "L" : `L-${days}`);
  const items = [
    ...(pattern.days === 0 ? [] : [printSet(members(pattern.days, 0, 1, 31), 1, 31)]),
    ...bits(pattern.lastDays).map(back),
    ...bits(pattern.nearestWeekdays).map((day) => `${day}W`),
    ...bits(pattern.lastNearestWeekdays).map((days) => `${back(days)}W`),
  ];
  return items.join(",");
}

function printWeekdays(pattern: CronPattern): string {
  if (pattern.weekdays === everyWeekday) return pattern.dayRule === "either" ? "0-6" : "*";
  const items = pattern.weekdays === 0 ? [] : [printRuns(members(pattern.weekdays, 0, 0, 6))];
  for (const [nth, mask] of (pattern.nthWeekdays ?? []).entries()) {
    items.push(...members(mask, 0, 0, 6).map((day) => (nth === 0 ? `${day}L` : `${day}#${nth}`)));
  }
  // Where the day of month restricts too, "both" has to be said.
  return (pattern.dayRule === "both" && pattern.days !== everyDay ? "+" : "") + items.join(",");
}

function printSet(values: readonly number[], min: number, max: number): string {
  const shape = shapeOf(values, min, max);
  if (shape.shape === "all") return "*";
  if (shape.shape === "step") return shape.from === min ? `*/${shape.step}` : `${shape.from}/${shape.step}`;
  return printRuns(values);
}

function printRuns(values: readonly number[]): string {
  return runsOf(values)
    .map(({ from, to }) => (from === to ? from : `${from}-${to}`))
    .join(",");
}
