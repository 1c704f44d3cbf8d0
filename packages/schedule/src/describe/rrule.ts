import { civilDate, secondsPerDay, wallText, weekday } from "../calendar.ts";
import type { RecurrenceSet } from "../rrule/read-set.ts";
import { type Frequency, isSubDaily, type Rule, type WrittenTime } from "../rrule/rule.ts";
import type { Zone } from "../zone/zone.ts";
import { english } from "./english.ts";

const units: Readonly<Record<Frequency, string>> = {
  SECONDLY: "second",
  MINUTELY: "minute",
  HOURLY: "hour",
  DAILY: "day",
  WEEKLY: "week",
  MONTHLY: "month",
  YEARLY: "year",
};

const nth = english.placeInMonth;

/** More single times than this are said as a number. */
const mostTimes = 6;

/** Says a recurrence set in plain English: how often, on which days, at what times, within which ends. */
export function describeRule({ start, rule, added, removed }: RecurrenceSet, startWall: number, zone: Zone): string {
  const said = rule === null ? [sayDates(added.length + (start === null ? 0 : 1))] : sayRule(rule, startWall);
  if (rule !== null && added.length > 0) said.push(`and on ${sayDates(added.length).toLowerCase()}`);
  if (removed.length > 0) said.push(`except ${sayDates(removed.length).toLowerCase()}`);
  const sentence = said.filter((part) => part !== "").join(" ");
  return zone.isUtc ? sentence : english.inZone(sentence, zone.id);
}

function sayDates(count: number): string {
  return count === 1 ? "One listed date" : `${count} listed dates`;
}

function sayRule(rule: Rule, startWall: number): string[] {
  const { frequency, interval } = rule;
  const days = sayDays(rule, startWall);
  const often = interval === 1 ? `every ${units[frequency]}` : `every ${interval} ${units[frequency]}s`;
  return [
    often.charAt(0).toUpperCase() + often.slice(1),
    days,
    sayTimes(rule, startWall),
    rule.positions === null ? "" : `(only ${english.list(rule.positions.map(nth), "and")} of these in each ${units[frequency]})`,
    rule.count === null ? "" : rule.count === 1 ? "once" : `${rule.count} times`,
    rule.until === null ? "" : `until ${sayTime(rule.until)}`,
  ];
}

function sayDays(rule: Rule, startWall: number): string {
  const startDay = Math.floor(startWall / secondsPerDay);
  const start = civilDate(startDay);
  const list = (items: string[]): string => english.list(items, "and");
  const said: string[] = [];
  if (rule.weekdays !== null) {
    said.push(
      `on ${list(rule.weekdays.map((entry) => (entry.nth === 0 ? english.weekday(entry.weekday) : `${nth(entry.nth)} ${english.weekday(entry.weekday)}`)))}`,
    );
    if (rule.weekdays.some((entry) => entry.nth !== 0))
      said.push(rule.frequency === "MONTHLY" || rule.months !== null ? "of the month" : "of the year");
  }
  if (rule.monthDays !== null)
    said.push(`on ${list(rule.monthDays.map((day) => (day > 0 ? english.dayOfMonth(day) : `${nth(day)} day of the month`)))}`);
  if (rule.yearDays !== null) said.push(`on ${list(rule.yearDays.map((day) => `${nth(day)} day`))} of the year`);
  if (said.length === 0) {
    if (rule.frequency === "WEEKLY" || rule.weekNumbers !== null) said.push(`on ${english.weekday(weekday(startDay))}`);
    else if (rule.frequency === "MONTHLY" || rule.frequency === "YEARLY") said.push(`on ${english.dayOfMonth(start.day)}`);
  }
  if (rule.weekNumbers !== null) said.push(`in ${list(rule.weekNumbers.map((week) => (week > 0 ? `week ${week}` : `${nth(week)} week`)))}`);
  const isDated =
    rule.frequency === "YEARLY" && [rule.weekdays, rule.monthDays, rule.yearDays, rule.weekNumbers].every((part) => part === null);
  const months = rule.months ?? (isDated ? [start.month] : []);
  if (months.length > 0) said.push(english.inMonths(list(months.map(english.month))));
  return said.join(" ");
}

function sayTimes(rule: Rule, startWall: number): string {
  const inDay = startWall - Math.floor(startWall / secondsPerDay) * secondsPerDay;
  const seconds = rule.seconds ?? [inDay % 60];
  if (isSubDaily(rule.frequency)) {
    const minutes = rule.minutes ?? (rule.frequency === "HOURLY" ? [Math.floor(inDay / 60) % 60] : null);
    const said: string[] = [];
    if (rule.seconds !== null || (rule.frequency !== "SECONDLY" && seconds[0] !== 0))
      said.push(`at second ${english.list(seconds.map(String), "and")}`);
    if (minutes !== null) said.push(`at minute ${english.list(minutes.map(String), "and")}`);
    if (rule.hours !== null) said.push(`in hour ${english.list(rule.hours.map(String), "and")}`);
    return said.join(" ");
  }
  const hours = rule.hours ?? [Math.floor(inDay / 3600)];
  const minutes = rule.minutes ?? [Math.floor(inDay / 60) % 60];
  const size = hours.length * minutes.length * seconds.length;
  if (size > mostTimes) return `at ${size} times of day`;
  const showSeconds = seconds.length > 1 || seconds[0] !== 0;
  const times = hours.flatMap((hour) =>
    minutes.flatMap((minute) => seconds.map((second) => english.clock(hour, minute, showSeconds ? second : null))),
  );
  return english.times(english.list(times, "and"));
}

function sayTime({ wallSecond, isUtc, isDate }: WrittenTime): string {
  const text = wallText(wallSecond);
  return isDate ? text.slice(0, 10) : isUtc ? `${text}Z` : text;
}
