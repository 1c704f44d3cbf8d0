import type { GapPolicy, OverlapPolicy } from "../../src/index.ts";
import type { Expression, Wall } from "./expressions.ts";

/** A stretch of real time as the platform's clocks in a zone show it. Local times are written as the epoch seconds of the same reading in UTC. */
export type Stretch = {
  /** Every minute with its local time, in order. */
  minutes: { second: number; wallSecond: number }[];
  /** Every local minute from the first shown to the last, skipped ones included, with the instants that show it. */
  walls: { wallSecond: number; wall: Wall; instants: number[] }[];
};

/** Asks `Intl` for every single minute: no table, no arithmetic with offsets. */
export function readStretch(zoneId: string, fromSecond: number, toSecond: number): Stretch {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zoneId,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  const minutes: Stretch["minutes"] = [];
  const shownAt = new Map<number, number[]>();
  for (let second = fromSecond; second < toSecond; second += 60) {
    const [, month, day, year, hour, minute, rest] = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)$/.exec(
      format.format(second * 1000),
    ) as RegExpExecArray;
    const wallSecond = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(rest)) / 1000;
    minutes.push({ second, wallSecond });
    shownAt.set(wallSecond, [...(shownAt.get(wallSecond) ?? []), second]);
  }
  const walls: Stretch["walls"] = [];
  const last = Math.max(...shownAt.keys());
  for (let wallSecond = Math.min(...shownAt.keys()); wallSecond <= last; wallSecond += 60) {
    walls.push({ wallSecond, wall: fieldsOf(wallSecond), instants: shownAt.get(wallSecond) ?? [] });
  }
  return { minutes, walls };
}

/**
 * The occurrences of an expression in a stretch, in epoch seconds: every local minute is tried, and the policies are applied to what
 * the platform showed. Near the edges of the stretch they are not complete; compare the inside.
 */
export function bruteForce(expression: Expression, { minutes, walls }: Stretch, gap: GapPolicy, overlap: OverlapPolicy): number[] {
  const found = new Set<number>();
  for (const { wallSecond, wall, instants } of walls) {
    if (!expression.matchesMinute(wall)) continue;
    const [first, second] = instants;
    if (first === undefined) {
      const after = minutes.findIndex((minute) => minute.wallSecond > wallSecond);
      const change = minutes.at(after)?.second ?? Number.NaN;
      const skippedFrom = (minutes.at(after - 1)?.wallSecond ?? Number.NaN) + 60;
      if (gap === "run_after") found.add(change);
      if (gap === "shift") for (const inMinute of expression.seconds) found.add(change + wallSecond - skippedFrom + inMinute);
      continue;
    }
    const chosen = second === undefined ? [first] : overlap === "both" ? [first, second] : [overlap === "first" ? first : second];
    for (const instant of chosen) for (const inMinute of expression.seconds) found.add(instant + inMinute);
  }
  return [...found].sort((a, b) => a - b);
}

/** The local fields of a wall second. */
export function fieldsOf(wallSecond: number): Wall {
  const date = new Date(wallSecond * 1000);
  return {
    second: date.getUTCSeconds(),
    minute: date.getUTCMinutes(),
    hour: date.getUTCHours(),
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    weekday: date.getUTCDay(),
    year: date.getUTCFullYear(),
  };
}
