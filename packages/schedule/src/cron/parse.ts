import { dayNumber, secondsPerDay } from "../calendar.ts";
import { ScheduleError } from "../errors.ts";
import { type FieldSet, readField } from "./field.ts";
import type { FieldReader } from "./field-reader.ts";
import type { CronPattern } from "./pattern.ts";
import { type Dialect, fieldCounts, fieldRules } from "./rules.ts";
import { createWallSearch } from "./wall-search.ts";

export type ParsedCron = {
  pattern: CronPattern;
  /** The zone written in the expression itself (`CRON_TZ=Europe/Berlin ...`), or null. */
  timezone: string | null;
};

const nicknames: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** Longer than any expression a person or a program writes for a purpose. */
const longestText = 65_536;

const zero: FieldSet = {
  low: 1,
  high: 0,
  years: [],
  restricts: true,
  both: false,
  lastDays: 0,
  nearestWeekdays: 0,
  lastNearestWeekdays: 0,
  nthWeekdays: null,
};

/**
 * Reads a cron expression: five fields, six with seconds first, seven with years last, or a nickname such as `@daily`; a zone may
 * stand in front (`CRON_TZ=`, `TZ=`) or behind.
 *
 * @param hashSeed what `H` is hashed from; without it `H` is an error
 * @throws ScheduleError `schedule_invalid`, or `schedule_never_fires` when no date of the calendar matches
 */
export function parseCron(text: string, dialect: Dialect, hashSeed?: string): ParsedCron {
  if (text.length > longestText) throw invalid(text, "an expression of at most 65,536 characters", "Split it into several schedules.");
  const words = split(text);
  const timezone = takeTimezone(words);
  const nickname = words[0]?.text;
  if (nickname?.startsWith("@")) return { pattern: parseNickname(words), timezone };

  const counts = fieldCounts(dialect);
  if (!counts.includes(words.length)) throw wrongCount(text, words.length, counts);
  const fields = readFields(words, { text, at: 0, end: 0, dialect, hashSeed });
  if (dialect === "quartz") checkQuestionMarks(words);
  const pattern = toPattern(fields, dialect);
  checkFires(pattern, text);
  return { pattern, timezone };
}

type Word = { text: string; start: number };

/** The fields of an expression, with what stands before and behind them taken off. */
export function cronWords(text: string): Word[] {
  const words = split(text);
  takeTimezone(words);
  return words;
}

function split(text: string): Word[] {
  const words: Word[] = [];
  const word = /\S+/g;
  for (let match = word.exec(text); match !== null; match = word.exec(text)) words.push({ text: match[0], start: match.index });
  return words;
}

function takeTimezone(words: Word[]): string | null {
  const first = /^(?:CRON_)?TZ=(.+)$/.exec(words[0]?.text ?? "");
  if (first !== null) {
    words.shift();
    return first[1] as string;
  }
  const last = words.at(-1);
  if (last === undefined || words.length < 6 || !/^[A-Z][A-Za-z_]+\/[A-Z][A-Za-z_/+-]+$/.test(last.text)) return null;
  words.pop();
  return last.text;
}

function parseNickname(words: Word[]): CronPattern {
  const [word] = words as [Word];
  const found = nicknames[word.text.toLowerCase()];
  if (found !== undefined && words.length === 1) return parseCron(found, "punctual").pattern;
  const remedy = word.text.toLowerCase().startsWith("@every")
    ? 'Write it as "every" instead of "cron".'
    : word.text.toLowerCase() === "@reboot"
      ? "A schedule follows the clock and knows no machine to start; run the job when your service starts."
      : "Use one of them, or write the fields.";
  throw new ScheduleError("schedule_invalid", {
    field: "cron",
    column: word.start + 1,
    found: word.text,
    expected: Object.keys(nicknames).join(", "),
    remedy,
  });
}

/** All seven fields; the ones left out are second 0 and every year. */
function readFields(words: Word[], reader: FieldReader): FieldSet[] {
  const rules = fieldRules(reader.dialect);
  const fields: FieldSet[] = words.length === 5 ? [zero] : [];
  for (const word of words) {
    reader.at = word.start;
    reader.end = word.start + word.text.length;
    fields.push(readField(reader, rules[fields.length] as (typeof rules)[number]));
  }
  return fields;
}

function toPattern(fields: FieldSet[], dialect: Dialect): CronPattern {
  const [seconds, minutes, hours, days, months, weekdays, years] = fields as [
    FieldSet,
    FieldSet,
    FieldSet,
    FieldSet,
    FieldSet,
    FieldSet,
    FieldSet | undefined,
  ];
  const either = dialect === "punctual" && days.restricts && weekdays.restricts && !weekdays.both;
  return {
    secondsLow: seconds.low,
    secondsHigh: seconds.high,
    minutesLow: minutes.low,
    minutesHigh: minutes.high,
    hours: hours.low,
    days: days.low,
    lastDays: days.lastDays,
    nearestWeekdays: days.nearestWeekdays,
    lastNearestWeekdays: days.lastNearestWeekdays,
    months: months.low,
    weekdays: weekdays.low,
    nthWeekdays: weekdays.nthWeekdays,
    years: years?.restricts ? [...new Set(years.years)].sort((a, b) => a - b) : null,
    dayRule: either ? "either" : "both",
  };
}

/** Quartz wants "?" in exactly one of its day fields, because it never says how two restrictions go together. */
function checkQuestionMarks(words: Word[]): void {
  const [day, weekday] = [words[3], words[5]] as [Word, Word];
  if ((day.text === "?") !== (weekday.text === "?")) return;
  throw new ScheduleError("schedule_invalid", {
    field: "cron",
    column: weekday.start + 1,
    part: "day of week",
    found: `${day.text} and ${weekday.text}`,
    expected: 'a "?" in exactly one of the two day fields',
    remedy: 'Write "?" for the day field that does not matter.',
  });
}

function checkFires(pattern: CronPattern, text: string): void {
  // The calendar repeats after 400 years: what does not come in one turn never comes.
  const start = dayNumber(pattern.years?.[0] ?? 2000, 1, 1);
  const found = createWallSearch(pattern).next(start * secondsPerDay);
  if (found < (start + 146_097) * secondsPerDay) return;
  throw new ScheduleError("schedule_never_fires", {
    field: "cron",
    found: text,
    expected: "a date that exists",
    remedy: "No day of any year matches the day, month and weekday fields together; 30 and 31 do not exist in every month.",
  });
}

function wrongCount(text: string, count: number, counts: readonly number[]): ScheduleError {
  const expected = `${counts.join(", ").replace(/, (\d+)$/, " or $1")} fields`;
  const order =
    counts[0] === 5
      ? "minutes hours day-of-month months day-of-week, with seconds before and years after them"
      : "seconds minutes hours day-of-month months day-of-week";
  return invalid(text, `${expected}, not ${count}`, `The fields are: ${order}.`);
}

function invalid(found: string, expected: string, remedy: string): ScheduleError {
  return new ScheduleError("schedule_invalid", { field: "cron", found, expected, remedy });
}
