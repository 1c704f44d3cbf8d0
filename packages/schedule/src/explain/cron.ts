import { wallText } from "../calendar.ts";
import { matchingDays } from "../cron/month-days.ts";
import { type CronPattern, everyDay, everyHour, everyMonth, everyWeekday } from "../cron/pattern.ts";
import { english } from "../describe/english.ts";
import { members, runsOf } from "../describe/sets.ts";
import { sayValues } from "../describe/wording.ts";
import type { Reason } from "../kinds/kind.ts";
import type { Recurrence } from "../kinds/recurrence.ts";
import { type DstPolicy, localTime } from "../zone/local.ts";
import { offsetAt, type Zone } from "../zone/zone.ts";
import { fieldsOfWall } from "./wall-fields.ts";

/** Says of each part of a cron pattern that restricts it whether it holds at an instant, and what a change of the clock has to do with it. */
export function explainCron(pattern: CronPattern, zone: Zone, policy: DstPolicy, recurrence: Recurrence, ms: number): Reason[] {
  const second = Math.floor(ms / 1000);
  const wallSecond = second + offsetAt(zone, second);
  const reasons = fieldReasons(pattern, wallSecond);
  if (ms !== second * 1000) reasons.push({ part: "seconds", holds: false, text: "Cron fires at whole seconds." });
  const fires = recurrence.next(ms - 1) === ms;
  const fieldsHold = reasons.every(({ holds }) => holds);

  if (fires && !fieldsHold) {
    const text = `The clocks have just jumped over local times that match; the gap policy "${policy.gap}" moves them here.`;
    return [...reasons, { part: "dst", holds: true, text }];
  }
  const local = localTime(zone, wallSecond);
  if (local.kind === "twice") {
    const pass = local.first === second ? "first" : "second";
    const text = `The clocks show ${wallText(wallSecond)} twice; this is the ${pass} time, and the overlap policy is "${policy.overlap}".`;
    reasons.push({ part: "dst", holds: !fieldsHold || fires, text });
  }
  return reasons;
}

function fieldReasons(pattern: CronPattern, wallSecond: number): Reason[] {
  const wall = fieldsOfWall(wallSecond);
  const inSet = (part: string, value: number, values: readonly number[], say: (value: number) => string): Reason => {
    const list = sayValues(english, { shape: "list", runs: runsOf(values) }, say);
    return { part, holds: values.includes(value), text: `The time has ${say(value)}, the field ${list}.` };
  };
  const seconds = members(pattern.secondsLow, pattern.secondsHigh, 0, 59);
  const minutes = members(pattern.minutesLow, pattern.minutesHigh, 0, 59);
  const reasons: Reason[] = [];
  if (seconds.length < 60) reasons.push(inSet("seconds", wall.second, seconds, String));
  if (minutes.length < 60) reasons.push(inSet("minutes", wall.minute, minutes, String));
  if (pattern.hours !== everyHour) reasons.push(inSet("hours", wall.hour, members(pattern.hours, 0, 0, 23), String));
  reasons.push(...dayReasons(pattern, wall));
  if (pattern.months !== everyMonth) reasons.push(inSet("months", wall.month, members(pattern.months, 0, 1, 12), english.month));
  if (pattern.years !== null) reasons.push(inSet("years", wall.year, pattern.years, String));
  return reasons;
}

/** The two day fields: one reason each, and where either is enough one for both, because neither decides alone. */
function dayReasons(pattern: CronPattern, { year, month, day, weekday }: ReturnType<typeof fieldsOfWall>): Reason[] {
  const holdsFor = (part: Partial<CronPattern>): boolean => (matchingDays({ ...pattern, ...part }, year, month) & (1 << day)) !== 0;
  const byDay = holdsFor({ weekdays: everyWeekday, nthWeekdays: null, dayRule: "both" });
  const byWeekday = holdsFor({ days: everyDay, dayRule: "both" });
  const date = english.dayOfMonth(day);
  if (pattern.dayRule === "either") {
    const holds = byDay || byWeekday;
    return [
      {
        part: "day of month or day of week",
        holds,
        text: `${capital(date)} is a ${english.weekday(weekday)}; ${holds ? "one" : "neither"} of the two day fields has it, and one is enough.`,
      },
    ];
  }
  const reasons: Reason[] = [];
  if (pattern.days !== everyDay)
    reasons.push({ part: "day of month", holds: byDay, text: `${capital(date)} is ${byDay ? "" : "not "}one of the days.` });
  if (pattern.weekdays !== everyWeekday)
    reasons.push({
      part: "day of week",
      holds: byWeekday,
      text: `It is ${byWeekday ? "" : "not "}one of the weekdays: ${date} is a ${english.weekday(weekday)}.`,
    });
  return reasons;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
