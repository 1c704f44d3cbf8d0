import { civilDate, secondsPerDay, wallText } from "../calendar.ts";
import type { Reason } from "../kinds/kind.ts";
import type { Recurrence } from "../kinds/recurrence.ts";
import { createDayFilter } from "../rrule/day-filter.ts";
import { createPeriods } from "../rrule/periods.ts";
import { isSubDaily, type Rule } from "../rrule/rule.ts";
import { type RuleStart, wallAt } from "../rrule/set.ts";
import { unitRule } from "../rrule/walls.ts";
import { instantText } from "../text/instant.ts";
import { offsetAt, type Zone } from "../zone/zone.ts";
import { fieldsOfWall } from "./wall-fields.ts";

type Subject = {
  rule: Rule | null;
  start: RuleStart;
  untilMs: number;
  added: readonly number[];
  removed: ReadonlySet<number>;
  removedDays: ReadonlySet<number>;
  zone: Zone;
  recurrence: Recurrence;
};

/** Says of the parts of a recurrence set what they make of an instant. */
export function explainRule(subject: Subject, ms: number): Reason[] {
  const { rule, start, added, removed, removedDays, zone, recurrence } = subject;
  const second = Math.floor(ms / 1000);
  const wall = wallAt(zone, second);
  const isRemoved = removed.has(ms) || removedDays.has(Math.floor(wall / secondsPerDay));
  if (isRemoved) return [{ part: "EXDATE", holds: false, text: "An EXDATE takes this time out." }];
  if (added.includes(ms))
    return [{ part: rule === null ? "DTSTART or RDATE" : "RDATE", holds: true, text: "It is listed as a date of its own." }];
  if (rule === null) return [{ part: "RDATE", holds: false, text: "It is none of the dates that are listed." }];

  const reasons = [
    {
      part: "DTSTART",
      holds: second >= start.second,
      text: `The rule begins at ${instantText(start.second * 1000, offsetAt(zone, start.second))}.`,
    },
    ...partReasons(rule, start, wall),
  ];
  if (subject.untilMs !== Number.POSITIVE_INFINITY) {
    reasons.push({
      part: "UNTIL",
      holds: ms <= subject.untilMs,
      text: `The rule ends at ${instantText(subject.untilMs, offsetAt(zone, subject.untilMs / 1000))}.`,
    });
  }
  if (ms !== second * 1000) reasons.push({ part: "seconds", holds: false, text: "Rules fire at whole seconds." });
  const fires = recurrence.next(ms - 1) === ms;
  const holds = reasons.every((reason) => reason.holds);
  if (fires && !holds) return [...reasons, { part: "dst", holds: true, text: "A change of the clock moves an occurrence here." }];
  if (!fires && holds) return [...reasons, restReason(rule)];
  return reasons;
}

function partReasons(rule: Rule, start: RuleStart, wall: number): Reason[] {
  const day = Math.floor(wall / secondsPerDay);
  const startDay = Math.floor(start.wall / secondsPerDay);
  const time = fieldsOfWall(wall);
  const began = fieldsOfWall(start.wall);
  const { year, month, day: dayOfMonth } = civilDate(day);
  const isDay = createDayFilter(rule, startDay).next(day) === day;
  const date = `${year}-${String(month).padStart(2, "0")}-${String(dayOfMonth).padStart(2, "0")}`;
  const reasons: Reason[] = [{ part: "date", holds: isDay, text: `${date} is ${isDay ? "" : "not "}a day that the rule allows.` }];

  const short = isSubDaily(rule.frequency);
  const unit = short ? unitRule({ ...rule, positions: null }, start.wall) : null;
  const clock: [string, number, number[] | null, number][] = [
    ["BYHOUR", time.hour, rule.hours, began.hour],
    ["BYMINUTE", time.minute, rule.minutes, began.minute],
    ["BYSECOND", time.second, rule.seconds, began.second],
  ];
  // A rule of hours takes minutes and seconds from DTSTART, one of minutes the seconds, one of days or longer all three.
  const fromStart = unit === null ? 0 : unit.unitSeconds === 3600 ? 1 : unit.unitSeconds === 60 ? 2 : 3;
  for (const [index, [part, value, named, begun]] of clock.entries()) {
    const values = named ?? (index >= fromStart ? [begun] : null);
    if (values === null) continue;
    const text = `The time has ${value}, the rule ${values.join(", ")}${named === null ? " from DTSTART" : ""}.`;
    reasons.push({ part, holds: values.includes(value), text });
  }
  if (!short && rule.interval > 1) {
    const isActive = createPeriods(rule, startDay).nextActive(day) === day;
    reasons.push({
      part: "INTERVAL",
      holds: isActive,
      text: `${wallText(wall)} is ${isActive ? "" : "not "}in a period that is a multiple of ${rule.interval} from DTSTART.`,
    });
  }
  return reasons;
}

/** What is left to keep an instant from firing when all parts that look at it alone allow it. */
function restReason(rule: Rule): Reason {
  const names = [
    ...(isSubDaily(rule.frequency) && rule.interval > 1 ? ["INTERVAL"] : []),
    ...(rule.positions === null ? [] : ["BYSETPOS"]),
    ...(rule.count === null ? [] : ["COUNT"]),
  ];
  if (names.length === 0) return { part: "dst", holds: false, text: "The clocks show this time twice, and it fires in the other pass." };
  return { part: names.join(" or "), holds: false, text: `${names.join(" or ")} leaves it out.` };
}
