import { Cron } from "croner";

/** An expression in croner's words. `differences` says what had to be said differently; empty where the dialects agree. */
type Reading = { pattern: string; timezone: string; sloppyRanges: boolean; differences: readonly string[] };

export type CronOracle = {
  differences: readonly string[];
  /** Occurrences after `afterMs` and not after `untilMs`, in order. */
  between(afterMs: number, untilMs: number): readonly number[];
  /** The first occurrence after a time; null when there is none. */
  next(afterMs: number): number | null;
};

/**
 * When an expression fires, according to croner.
 *
 * @throws Error in croner's words when it does not take the expression
 */
export function createCronOracle(expression: string, timezone: string): CronOracle {
  const { pattern, timezone: zone, sloppyRanges, differences } = readExpression(expression, timezone);
  const cron = new Cron(pattern, { timezone: zone, sloppyRanges, paused: true });
  const next = (afterMs: number): number | null => cron.nextRun(new Date(afterMs))?.getTime() ?? null;
  return {
    differences,
    next,
    between(afterMs, untilMs) {
      const found: number[] = [];
      for (let at = next(afterMs); at !== null && at <= untilMs; at = next(at)) found.push(at);
      return found;
    },
  };
}

type Step = { difference: string; found: RegExp; reword(match: RegExpExecArray, reading: Reading): Partial<Reading> };

const fullName =
  /(?<=[ ,-])(january|february|march|april|june|july|august|september|october|november|december|sunday|monday|tuesday|wednesday|thursday|friday|saturday)\b/gi;

/**
 * Where Punctual's dialect is wider than croner's. Each entry says the same in words that croner knows; the report lists every expression that needed one, so
 * that a reader can judge the rewording, too.
 */
const dialect: readonly Step[] = [
  {
    difference: "the zone stands in front of the fields",
    found: /^(?:CRON_)?TZ=(\S+)\s+(.+)$/,
    reword: ([, zone = "", fields = ""]) => ({ pattern: fields, timezone: zone }),
  },
  {
    difference: "the zone stands behind the fields",
    found: /^(.+)\s([A-Z]\w+\/\w+)$/,
    reword: ([, fields = "", zone = ""]) => ({ pattern: fields, timezone: zone }),
  },
  {
    difference: "names of months and days in full",
    found: new RegExp(fullName.source, "i"),
    reword: (_, { pattern }) => ({ pattern: pattern.replace(fullName, (name) => name.slice(0, 3)) }),
  },
  {
    difference: "a/n counts from a to the end of the field, for croner a sloppy range",
    found: /(?<![\d-])\d+\/[1-9]/,
    reword: () => ({ sloppyRanges: true }),
  },
  {
    difference: "a step beyond the end of the days leaves the first day",
    found: /\*\/(?:3[2-9]|[4-9]\d|\d{3,})(?= \S+ \S+$)/,
    reword: ([step], { pattern }) => ({ pattern: pattern.replace(step, "1") }),
  },
];

function readExpression(expression: string, timezone: string): Reading {
  let reading: Reading = { pattern: expression.trim(), timezone, sloppyRanges: false, differences: [] };
  for (const { difference, found, reword } of dialect) {
    const match = found.exec(reading.pattern);
    if (match) reading = { ...reading, ...reword(match, reading), differences: [...reading.differences, difference] };
  }
  return reading;
}
