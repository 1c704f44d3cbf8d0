import { nextBit } from "../bits.ts";
import { type CronPattern, everyDay, everyMonth, everyWeekday } from "../cron/pattern.ts";
import { members, runsOf, type SetShape, shapeOf } from "./sets.ts";
import { sayValues, type Wording } from "./wording.ts";

/** More single times than this are said as minutes and hours. */
const mostTimes = 6;

/** Says a cron pattern: its times, then its days, months and years. */
export function describeCron(pattern: CronPattern, wording: Wording): string {
  const parts = [sayTimes(pattern, wording), sayDays(pattern, wording)];
  if (pattern.months !== everyMonth) {
    const months = shapeOf(members(pattern.months, 0, 1, 12), 1, 12);
    parts.push(wording.inMonths(sayEach(months, members(pattern.months, 0, 1, 12), wording, wording.month)));
  }
  if (pattern.years !== null) parts.push(wording.inYears(sayEach(shapeOf(pattern.years, 0, 9999), pattern.years, wording, String)));
  const sentence = parts.filter((part) => part !== "").join(" ");
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function sayTimes(pattern: CronPattern, wording: Wording): string {
  const seconds = members(pattern.secondsLow, pattern.secondsHigh, 0, 59);
  const minutes = members(pattern.minutesLow, pattern.minutesHigh, 0, 59);
  const hours = members(pattern.hours, 0, 0, 23);
  if (seconds.length * minutes.length * hours.length <= mostTimes) {
    const showSeconds = seconds.length > 1 || seconds[0] !== 0;
    const times = hours.flatMap((hour) =>
      minutes.flatMap((minute) => seconds.map((second) => wording.clock(hour, minute, showSeconds ? second : null))),
    );
    return wording.times(wording.list(times, "and"));
  }
  const onMinute = seconds.length === 1 && seconds[0] === 0;
  const secondsShape = shapeOf(seconds, 0, 59);
  const minutesText = sayMinutes(minutes, hours, onMinute, wording);
  if (onMinute) return minutesText;
  const secondsText =
    secondsShape.shape === "list" ? wording.atSeconds(sayValues(wording, secondsShape, String)) : sayStep(secondsShape, "second", wording);
  return minutes.length === 60 && hours.length === 24 && secondsShape.shape !== "list" ? secondsText : `${secondsText} ${minutesText}`;
}

/** @param onMinute whether the seconds are just :00, so that a full hour is a single moment */
function sayMinutes(minutes: number[], hours: number[], onMinute: boolean, wording: Wording): string {
  const minutesShape = shapeOf(minutes, 0, 59);
  const hoursShape = shapeOf(hours, 0, 23);
  const atFullHour = onMinute && minutes.length === 1 && minutes[0] === 0;
  if (atFullHour && hoursShape.shape !== "list") return sayStep(hoursShape, "hour", wording);
  if (atFullHour) return wording.fullHours(sayHours(hoursShape, hours, wording));
  if (minutesShape.shape === "list")
    return wording.minutesPast(
      sayValues(wording, minutesShape, String),
      hoursShape.shape === "all" ? null : sayHours(hoursShape, hours, wording),
    );
  const step = sayStep(minutesShape, "minute", wording);
  return hoursShape.shape === "all" ? step : wording.within(step, sayHours(hoursShape, hours, wording));
}

function sayHours(shape: SetShape, hours: number[], wording: Wording): string {
  return sayEach(shape, hours, wording, (hour) => wording.clock(hour, 0, null));
}

function sayStep(shape: SetShape & { shape: "all" | "step" }, unit: "second" | "minute" | "hour", wording: Wording): string {
  if (shape.shape === "all") return wording.every(1, unit);
  return shape.from === 0 ? wording.every(shape.step, unit) : wording.everyFrom(shape.step, unit, shape.from);
}

function sayEach(shape: SetShape, values: readonly number[], wording: Wording, say: (value: number) => string): string {
  return shape.shape === "list" ? sayValues(wording, shape, say) : wording.list(values.map(say), "and");
}

function sayDays(pattern: CronPattern, wording: Wording): string {
  const day = pattern.days === everyDay ? "" : wording.list(daysOfMonth(pattern, wording), "and");
  const weekday = pattern.weekdays === everyWeekday ? "" : wording.list(daysOfWeek(pattern, wording), "and");
  if (day === "" && weekday === "") return "";
  if (day === "" || weekday === "") return wording.onDays(day + weekday);
  return wording.onDays(pattern.dayRule === "either" ? wording.list([day, weekday], "or") : wording.bothDays(day, weekday));
}

function daysOfMonth(pattern: CronPattern, wording: Wording): string[] {
  const shape = shapeOf(members(pattern.days, 0, 1, 31), 1, 31);
  const said: string[] = [];
  if (shape.shape === "step") said.push(wording.everyNthDay(shape.step, shape.from));
  if (shape.shape === "list" && shape.runs.length > 0) said.push(sayValues(wording, shape, wording.dayOfMonth));
  for (const back of bitsOf(pattern.lastDays)) said.push(wording.fromLast(back));
  for (const day of bitsOf(pattern.nearestWeekdays)) said.push(wording.nearestWeekday(wording.dayOfMonth(day)));
  for (const back of bitsOf(pattern.lastNearestWeekdays)) said.push(wording.nearestWeekday(wording.fromLast(back)));
  return said;
}

function daysOfWeek(pattern: CronPattern, wording: Wording): string[] {
  // Weeks are said from Monday on: "Saturday and Sunday", not "Sunday and Saturday".
  const fromMonday = members((pattern.weekdays >>> 1) | ((pattern.weekdays & 1) << 6), 0, 0, 6);
  const said =
    fromMonday.length === 0
      ? []
      : [sayValues(wording, { shape: "list", runs: runsOf(fromMonday) }, (day) => wording.weekday((day + 1) % 7))];
  const nth = pattern.nthWeekdays ?? [];
  for (const index of [1, 2, 3, 4, 5, 0])
    for (const day of bitsOf(nth[index] ?? 0)) said.push(wording.nthWeekday(index, wording.weekday(day)));
  return said;
}

function bitsOf(mask: number): number[] {
  const found: number[] = [];
  for (let bit = nextBit(mask, 0); bit >= 0; bit = nextBit(mask, bit + 1)) found.push(bit);
  return found;
}
