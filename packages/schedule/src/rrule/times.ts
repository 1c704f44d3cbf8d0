import { nextTime, previousTime, type TimesOfDay } from "../cron/wall-search.ts";

/** Seconds of a day, or of a shorter unit, counted from its start. */
export type Times = {
  readonly size: number;
  /** The time with an index, from 0 on in order. */
  at(index: number): number;
  /** The first at or after a second, or -1. */
  next(second: number): number;
  /** The last at or before a second, or -1. */
  previous(second: number): number;
};

/** Every combination of hours, minutes and seconds, each sorted. Nothing is laid out: all 86,400 seconds of a day cost as much as one. */
export function timesOf(hours: readonly number[], minutes: readonly number[], seconds: readonly number[]): Times {
  const masks: TimesOfDay = {
    hours: maskOf(hours, 0),
    minutesLow: maskOf(minutes, 0),
    minutesHigh: maskOf(minutes, 32),
    secondsLow: maskOf(seconds, 0),
    secondsHigh: maskOf(seconds, 32),
  };
  const inHour = minutes.length * seconds.length;
  return {
    size: hours.length * inHour,
    at(index) {
      const hour = hours[Math.floor(index / inHour)] as number;
      const minute = minutes[Math.floor(index / seconds.length) % minutes.length] as number;
      return hour * 3600 + minute * 60 + (seconds[index % seconds.length] as number);
    },
    next: (second) => nextTime(masks, second),
    previous: (second) => (second < 0 ? -1 : previousTime(masks, second)),
  };
}

/** A sorted list as times. */
export function listedTimes(list: readonly number[]): Times {
  return {
    size: list.length,
    at: (index) => list[index] as number,
    next: (second) => list.find((time) => time >= second) ?? -1,
    previous: (second) => list.findLast((time) => time <= second) ?? -1,
  };
}

/** The indices that BYSETPOS picks out of a set of `size` members, sorted; -1 is the last one. */
export function pickedIndices(positions: readonly number[], size: number): number[] {
  const indices = positions
    .map((position) => (position > 0 ? position - 1 : size + position))
    .filter((index) => index >= 0 && index < size);
  return [...new Set(indices)].sort((a, b) => a - b);
}

function maskOf(numbers: readonly number[], from: number): number {
  return numbers.reduce((mask, number) => (number >= from && number < from + 32 ? mask | (1 << (number - from)) : mask), 0);
}
