import { civilDate, secondsPerDay, weekday } from "../calendar.ts";

/** A local time, field by field; weekday 0 is Sunday. */
export type WallFields = { year: number; month: number; day: number; weekday: number; hour: number; minute: number; second: number };

/** Takes a wall second apart. */
export function fieldsOfWall(wallSecond: number): WallFields {
  const dayNumber = Math.floor(wallSecond / secondsPerDay);
  const second = wallSecond - dayNumber * secondsPerDay;
  return {
    ...civilDate(dayNumber),
    weekday: weekday(dayNumber),
    hour: Math.floor(second / 3600),
    minute: Math.floor(second / 60) % 60,
    second: second % 60,
  };
}
