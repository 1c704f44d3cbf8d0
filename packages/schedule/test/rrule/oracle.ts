import type { Rule } from "../../src/rrule/rule.ts";

const dayMs = 86_400_000;
const weekdays = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
const spans = { SECONDLY: 1000, MINUTELY: 60_000, HOURLY: 3_600_000 } as const;

/** The parts of a rule as the oracle likes them; `byDay` as written. */
export type PlainRule = {
  frequency: Rule["frequency"];
  interval: number;
  weekStart: number;
  byMonth?: number[];
  byWeekNo?: number[];
  byYearDay?: number[];
  byMonthDay?: number[];
  byDay?: string[];
  byHour?: number[];
  byMinute?: number[];
  bySecond?: number[];
  bySetPos?: number[];
};

/** The rule in the words of RFC 5545. */
export function ruleText(rule: PlainRule): string {
  const lists: [string, readonly (number | string)[] | undefined][] = [
    ["BYMONTH", rule.byMonth],
    ["BYWEEKNO", rule.byWeekNo],
    ["BYYEARDAY", rule.byYearDay],
    ["BYMONTHDAY", rule.byMonthDay],
    ["BYDAY", rule.byDay],
    ["BYHOUR", rule.byHour],
    ["BYMINUTE", rule.byMinute],
    ["BYSECOND", rule.bySecond],
    ["BYSETPOS", rule.bySetPos],
  ];
  const parts = lists.flatMap(([name, list]) => (list === undefined ? [] : [`${name}=${list.join(",")}`]));
  return [`FREQ=${rule.frequency}`, `INTERVAL=${rule.interval}`, `WKST=${weekdays[rule.weekStart]}`, ...parts].join(";");
}

/**
 * All occurrences in UTC from the start to an end, by the table of RFC 5545, 3.3.10, taken literally: go through all periods one by one, list
 * everything in each, throw out what a part does not allow, and pick by position.
 */
export function expand(rule: PlainRule, startMs: number, endMs: number): number[] {
  const found: number[] = [];
  for (const period of periodsOf(rule, startMs, endMs)) {
    const members = [...new Set(period)].sort((a, b) => a - b);
    const picked =
      rule.bySetPos === undefined ? members : rule.bySetPos.map((position) => members.at(position > 0 ? position - 1 : position) ?? -1);
    // A position beyond the end must not wrap round.
    const valid = rule.bySetPos?.map((position) => Math.abs(position) <= members.length) ?? [];
    found.push(...picked.filter((_, index) => valid[index] ?? true));
  }
  return [...new Set(found)].filter((at) => at >= startMs && at <= endMs).sort((a, b) => a - b);
}

function* periodsOf(rule: PlainRule, startMs: number, endMs: number): Generator<number[]> {
  const start = new Date(startMs);
  if (rule.frequency === "SECONDLY" || rule.frequency === "MINUTELY" || rule.frequency === "HOURLY") {
    const span = spans[rule.frequency];
    for (let unit = Math.floor(startMs / span) * span; unit <= endMs; unit += span * rule.interval) {
      const at = new Date(unit);
      const allowed = isAllowedDay(rule, at, start) && (rule.byHour?.includes(at.getUTCHours()) ?? true);
      const minutes = span === 3_600_000 ? (rule.byMinute ?? [start.getUTCMinutes()]) : [at.getUTCMinutes()];
      const seconds = span >= 60_000 ? (rule.bySecond ?? [start.getUTCSeconds()]) : [at.getUTCSeconds()];
      const isLimited = span < 3_600_000 && !(rule.byMinute?.includes(at.getUTCMinutes()) ?? true);
      const isCut = span < 60_000 && !(rule.bySecond?.includes(at.getUTCSeconds()) ?? true);
      if (!allowed || isLimited || isCut) continue;
      yield minutes.flatMap((minute) =>
        seconds.map((second) => Math.floor(unit / 3_600_000) * 3_600_000 + minute * 60_000 + second * 1000),
      );
    }
    return;
  }
  const firstDay = Math.floor(startMs / dayMs) * dayMs;
  const first = periodStart(rule, firstDay);
  for (let period = first, index = 0; period <= endMs; index++) {
    const next = nextPeriod(rule, period);
    if (index % rule.interval === 0) {
      const members: number[] = [];
      for (let day = period; day < next; day += dayMs) {
        if (!isAllowedDay(rule, new Date(day), start)) continue;
        for (const hour of rule.byHour ?? [start.getUTCHours()])
          for (const minute of rule.byMinute ?? [start.getUTCMinutes()])
            for (const second of rule.bySecond ?? [start.getUTCSeconds()])
              members.push(day + hour * 3_600_000 + minute * 60_000 + second * 1000);
      }
      yield members;
    }
    period = next;
  }
}

function periodStart({ frequency, weekStart }: PlainRule, day: number): number {
  const date = new Date(day);
  if (frequency === "WEEKLY") {
    let first = day;
    while (new Date(first).getUTCDay() !== weekStart) first -= dayMs;
    return first;
  }
  if (frequency === "MONTHLY") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  return frequency === "YEARLY" ? Date.UTC(date.getUTCFullYear(), 0, 1) : day;
}

function nextPeriod({ frequency }: PlainRule, period: number): number {
  const date = new Date(period);
  if (frequency === "MONTHLY") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  if (frequency === "YEARLY") return Date.UTC(date.getUTCFullYear() + 1, 0, 1);
  return period + (frequency === "WEEKLY" ? 7 : 1) * dayMs;
}

/** Whether the parts that look at the day allow it, with what DTSTART fills in. */
export function isAllowedDay(rule: PlainRule, date: Date, start: Date): boolean {
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  const day = date.getUTCDate();
  const { byMonth, byWeekNo, byYearDay, byMonthDay, byDay, frequency } = rule;
  const namesDay = byWeekNo !== undefined || byYearDay !== undefined || byMonthDay !== undefined || byDay !== undefined;
  if (byMonth !== undefined && !byMonth.includes(month + 1)) return false;
  if (!namesDay && frequency === "YEARLY" && (day !== start.getUTCDate() || (byMonth === undefined && month !== start.getUTCMonth())))
    return false;
  if (!namesDay && frequency === "MONTHLY" && day !== start.getUTCDate()) return false;
  if (!namesDay && frequency === "WEEKLY" && date.getUTCDay() !== start.getUTCDay()) return false;
  if (byMonthDay !== undefined) {
    const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
    if (!byMonthDay.includes(day) && !byMonthDay.includes(day - length - 1)) return false;
  }
  if (byYearDay !== undefined) {
    const place = (Date.UTC(year, month, day) - Date.UTC(year, 0, 1)) / dayMs + 1;
    const length = (Date.UTC(year + 1, 0, 1) - Date.UTC(year, 0, 1)) / dayMs;
    if (!byYearDay.includes(place) && !byYearDay.includes(place - length - 1)) return false;
  }
  if (byWeekNo !== undefined) {
    if (!isInWeek(rule, Date.UTC(year, month, day), byWeekNo)) return false;
    if (byDay === undefined && byMonthDay === undefined && byYearDay === undefined && date.getUTCDay() !== start.getUTCDay()) return false;
  }
  return byDay === undefined || byDay.some((entry) => isWeekday(rule, date, entry));
}

/** Lists the weeks of the years around, one by one. */
function isInWeek({ weekStart }: PlainRule, day: number, numbers: readonly number[]): boolean {
  for (let year = new Date(day).getUTCFullYear() - 1; year <= new Date(day).getUTCFullYear() + 1; year++) {
    const weeks: number[] = [];
    for (let at = Date.UTC(year - 1, 11, 25); at <= Date.UTC(year, 11, 31); at += dayMs) {
      if (new Date(at).getUTCDay() !== weekStart) continue;
      const inYear = [0, 1, 2, 3, 4, 5, 6].filter((offset) => new Date(at + offset * dayMs).getUTCFullYear() === year);
      if (inYear.length >= 4) weeks.push(at);
    }
    const index = weeks.findIndex((week) => day >= week && day < week + 7 * dayMs);
    if (index >= 0) return numbers.includes(index + 1) || numbers.includes(index - weeks.length);
  }
  return false;
}

function isWeekday({ frequency, byMonth }: PlainRule, date: Date, entry: string): boolean {
  if (weekdays[date.getUTCDay()] !== entry.slice(-2)) return false;
  const nth = Number(entry.slice(0, -2));
  if (nth === 0) return true;
  const inMonth = frequency === "MONTHLY" || byMonth !== undefined;
  const same: number[] = [];
  for (let at = Date.UTC(date.getUTCFullYear(), inMonth ? date.getUTCMonth() : 0, 1); ; at += dayMs) {
    const other = new Date(at);
    if (other.getUTCFullYear() !== date.getUTCFullYear() || (inMonth && other.getUTCMonth() !== date.getUTCMonth())) break;
    if (other.getUTCDay() === date.getUTCDay()) same.push(at);
  }
  return same.at(nth > 0 ? nth - 1 : nth) === Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
}
