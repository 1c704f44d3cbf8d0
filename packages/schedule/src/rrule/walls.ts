import { secondsPerDay } from "../calendar.ts";
import type { WallSearch } from "../cron/wall-search.ts";
import { createDayFilter } from "./day-filter.ts";
import { dayWalls } from "./day-walls.ts";
import { createPeriods } from "./periods.ts";
import { pickedWalls } from "./picked-walls.ts";
import type { Rule } from "./rule.ts";
import { listedTimes, pickedIndices, type Times, timesOf } from "./times.ts";
import type { UnitRule } from "./unit-walls.ts";

const upTo = (end: number): number[] => Array.from({ length: end }, (_, number) => number);
const all = { hours: upTo(24), minutes: upTo(60), seconds: upTo(60) };

/** The local times of a rule of days or longer; null when BYSETPOS leaves none. */
export function longWalls(rule: Rule, startWall: number): WallSearch | null {
  const startDay = Math.floor(startWall / secondsPerDay);
  const filter = createDayFilter(rule, startDay);
  const periods = createPeriods(rule, startDay);
  const { hours, minutes, seconds } = timesAt(startWall);
  const times = timesOf(rule.hours ?? [hours], rule.minutes ?? [minutes], rule.seconds ?? [seconds]);
  if (rule.positions === null) return dayWalls(filter, periods, times);
  if (rule.frequency !== "DAILY") return pickedWalls(filter, periods, times, rule.positions);
  const picked = pick(times, rule.positions);
  return picked.size === 0 ? null : dayWalls(filter, periods, picked);
}

/** A rule of hours, minutes or seconds; null when BYSETPOS leaves nothing of a unit. */
export function unitRule(rule: Rule, startWall: number): UnitRule | null {
  const { frequency, interval } = rule;
  const start = timesAt(startWall);
  const filter = createDayFilter(rule, Math.floor(startWall / secondsPerDay));
  const hours = rule.hours ?? all.hours;
  const minutes = rule.minutes ?? (frequency === "HOURLY" ? [start.minutes] : all.minutes);
  const seconds = rule.seconds ?? (frequency === "SECONDLY" ? all.seconds : [start.seconds]);
  const [unitSeconds, starts, times] =
    frequency === "HOURLY"
      ? [3600, timesOf(hours, [0], [0]), timesOf([0], minutes, seconds)]
      : frequency === "MINUTELY"
        ? [60, timesOf(hours, minutes, [0]), timesOf([0], [0], seconds)]
        : [1, timesOf(hours, minutes, seconds), timesOf([0], [0], [0])];
  const picked = rule.positions === null ? times : pick(times, rule.positions);
  return picked.size === 0 ? null : { unitSeconds, interval, filter, starts, times: picked };
}

/** BYSETPOS within a day or less, where every set has the same members. */
function pick(times: Times, positions: readonly number[]): Times {
  return listedTimes(pickedIndices(positions, times.size).map((index) => times.at(index)));
}

function timesAt(wall: number): { hours: number; minutes: number; seconds: number } {
  const second = wall - Math.floor(wall / secondsPerDay) * secondsPerDay;
  return { hours: Math.floor(second / 3600), minutes: Math.floor(second / 60) % 60, seconds: second % 60 };
}
