import { civilDate, dayNumber, weekday } from "../calendar.ts";
import type { Rule } from "./rule.ts";

/** The days, weeks, months or years of a rule, counted from that of DTSTART; every `interval`-th is active. */
export type Periods = {
  of(day: number): number;
  firstDay(period: number): number;
  /** The first day at or after a day that lies in an active period. */
  nextActive(day: number): number;
  /** The last day at or before a day that lies in an active period. */
  previousActive(day: number): number;
};

/** @param rule a rule of days or longer */
export function createPeriods({ frequency, interval, weekStart }: Rule, startDay: number): Periods {
  const { of, firstDay } = counting();

  function counting(): Pick<Periods, "of" | "firstDay"> {
    if (frequency === "DAILY") return { of: (day) => day - startDay, firstDay: (period) => startDay + period };
    if (frequency === "WEEKLY") {
      const first = startDay - ((weekday(startDay) - weekStart + 7) % 7);
      return { of: (day) => Math.floor((day - first) / 7), firstDay: (period) => first + period * 7 };
    }
    const size = frequency === "MONTHLY" ? 1 : 12;
    const numberOf = (day: number): number => {
      const { year, month } = civilDate(day);
      return Math.floor((year * 12 + month - 1) / size);
    };
    const first = numberOf(startDay);
    return {
      of: (day) => numberOf(day) - first,
      firstDay(period) {
        const month = (first + period) * size;
        return dayNumber(Math.floor(month / 12), (month % 12) + 1, 1);
      },
    };
  }

  /** How far a period is behind an active one. */
  const lag = (period: number): number => ((period % interval) + interval) % interval;

  return {
    of,
    firstDay,
    nextActive(day) {
      const period = of(day);
      const behind = lag(period);
      return behind === 0 ? day : firstDay(period - behind + interval);
    },
    previousActive(day) {
      const period = of(day);
      const behind = lag(period);
      return behind === 0 ? day : firstDay(period - behind + 1) - 1;
    },
  };
}
