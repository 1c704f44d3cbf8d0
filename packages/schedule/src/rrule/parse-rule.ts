import { ScheduleError } from "../errors.ts";
import { type Frequency, frequencies, isSubDaily, type Rule, type RuleWeekday } from "./rule.ts";
import { readTime } from "./time.ts";

const weekdayNames = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

/** COUNT is turned into the instant of its last occurrence by one walk; so many take some 2 ms, and 100 ms for the oddest rules. */
const mostOccurrences = 10_000;

type Part = { name: string; value: string; column: number };
type List = { key: keyof Rule; min: number; max: number; negative: boolean };

const lists: Readonly<Record<string, List>> = {
  BYMONTH: { key: "months", min: 1, max: 12, negative: false },
  BYWEEKNO: { key: "weekNumbers", min: 1, max: 53, negative: true },
  BYYEARDAY: { key: "yearDays", min: 1, max: 366, negative: true },
  BYMONTHDAY: { key: "monthDays", min: 1, max: 31, negative: true },
  BYHOUR: { key: "hours", min: 0, max: 23, negative: false },
  BYMINUTE: { key: "minutes", min: 0, max: 59, negative: false },
  BYSECOND: { key: "seconds", min: 0, max: 60, negative: false },
  BYSETPOS: { key: "positions", min: 1, max: 366, negative: true },
};

/**
 * Reads the value of an RRULE property: `FREQ=WEEKLY;BYDAY=MO,WE`.
 *
 * @param offset where the value begins in the field's text, for the columns of errors
 * @throws ScheduleError `schedule_invalid`, also for the combinations that RFC 5545 forbids
 */
export function parseRule(text: string, offset: number): Rule {
  const rule: Rule = {
    frequency: "DAILY",
    interval: 1,
    count: null,
    until: null,
    weekStart: 1,
    months: null,
    weekNumbers: null,
    yearDays: null,
    monthDays: null,
    weekdays: null,
    hours: null,
    minutes: null,
    seconds: null,
    positions: null,
  };
  const parts = split(text, offset);
  for (const part of parts.values()) readPart(rule, part);
  if (!parts.has("FREQ")) {
    throw refuse({ name: "FREQ", value: text, column: offset + 1 }, "FREQ", `Say how often, e.g. "FREQ=DAILY".`);
  }
  checkCombinations(rule, parts);
  return rule;
}

function split(text: string, offset: number): Map<string, Part> {
  const parts = new Map<string, Part>();
  let column = offset + 1;
  for (const piece of text.replace(/;$/, "").split(";")) {
    const equals = piece.indexOf("=");
    const part = { name: piece.slice(0, Math.max(equals, 0)).toUpperCase(), value: piece.slice(equals + 1).toUpperCase(), column };
    if (equals < 1) throw refuse({ ...part, name: "rule", value: piece }, "a part such as FREQ=DAILY", "Separate parts by semicolons.");
    if (parts.has(part.name)) throw refuse({ ...part, value: piece }, `${part.name} once`, "Join both lists by a comma.");
    parts.set(part.name, part);
    column += piece.length + 1;
  }
  return parts;
}

function readPart(rule: Rule, part: Part): void {
  const { name, value } = part;
  const list = lists[name];
  if (list !== undefined) Object.assign(rule, { [list.key]: readNumbers(part, list) });
  else if (name === "FREQ") rule.frequency = readFrequency(part);
  else if (name === "INTERVAL") rule.interval = readCount(part, 999_999_999);
  else if (name === "COUNT") rule.count = readCount(part, mostOccurrences);
  else if (name === "UNTIL") rule.until = readTime(value, part.column + 6, "UNTIL");
  else if (name === "WKST") rule.weekStart = readWeekday(part, value).weekday;
  else if (name === "BYDAY") rule.weekdays = value.split(",").map((entry) => readWeekday(part, entry));
  else throw refuse(part, `FREQ, INTERVAL, COUNT, UNTIL, WKST, BYDAY, ${Object.keys(lists).join(", ")}`, "Remove or correct this part.");
}

function readFrequency(part: Part): Frequency {
  const found = frequencies.find((frequency) => frequency === part.value);
  if (found === undefined) throw refuse(part, `one of ${frequencies.join(", ")}`, "Name a unit.");
  return found;
}

function readCount(part: Part, most: number): number {
  const count = /^\d{1,9}$/.test(part.value) ? Number(part.value) : 0;
  if (count < 1 || count > most) throw refuse(part, `a number from 1 to ${most}`, "Use UNTIL to end a rule after a long time.");
  return count;
}

function readNumbers(part: Part, { min, max, negative }: List): number[] {
  const numbers = part.value.split(",").map((text) => {
    const number = /^[+-]?\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
    const size = negative ? Math.abs(number) : number;
    if (!(size >= min && size <= max)) {
      throw refuse({ ...part, value: text }, `${min} to ${max}${negative ? `, or -${max} to -1` : ""}`, "Correct this number.");
    }
    // A clock without leap seconds takes second 60 for 59 (RFC 5545, 3.3.12).
    return part.name === "BYSECOND" ? Math.min(number, 59) : number;
  });
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function readWeekday(part: Part, text: string): RuleWeekday {
  const match = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(text);
  const weekday = weekdayNames.indexOf(match?.[2] ?? "");
  const nth = Number(match?.[1] ?? 0);
  const isOrdinal = match?.[1] !== undefined;
  if (weekday < 0 || Math.abs(nth) > 53 || (isOrdinal && (nth === 0 || part.name === "WKST"))) {
    throw refuse(
      { ...part, value: text },
      `${weekdayNames.join(", ")}${part.name === "WKST" ? "" : ", with 1 to 53 or -53 to -1 in front"}`,
      "Name a weekday.",
    );
  }
  return { weekday, nth };
}

/** The "MUST NOT" of RFC 5545, 3.3.10: such rules have no meaning to be guessed at. */
function checkCombinations(rule: Rule, parts: Map<string, Part>): void {
  const { frequency } = rule;
  const isLong = frequency === "MONTHLY" || frequency === "YEARLY";
  const forbid = (name: string, isForbidden: boolean, expected: string): void => {
    const part = parts.get(name);
    if (part !== undefined && isForbidden) throw refuse(part, expected, "The standard gives this combination no meaning.");
  };
  forbid("UNTIL", rule.count !== null, "only one of COUNT and UNTIL");
  forbid("BYWEEKNO", frequency !== "YEARLY", "BYWEEKNO with FREQ=YEARLY only");
  forbid("BYYEARDAY", frequency !== "YEARLY" && !isSubDaily(frequency), `no BYYEARDAY with FREQ=${frequency}`);
  forbid("BYMONTHDAY", frequency === "WEEKLY", "no BYMONTHDAY with FREQ=WEEKLY");
  const hasOrdinal = rule.weekdays?.some(({ nth }) => nth !== 0) ?? false;
  forbid("BYDAY", hasOrdinal && !isLong, "weekdays without numbers, unless FREQ is MONTHLY or YEARLY");
  forbid("BYDAY", hasOrdinal && rule.weekNumbers !== null, "weekdays without numbers next to BYWEEKNO");
  const others = [...parts.keys()].filter((name) => name.startsWith("BY") && name !== "BYSETPOS");
  forbid("BYSETPOS", others.length === 0, "another BY part for BYSETPOS to pick from");
}

function refuse({ name, value, column }: Part, expected: string, remedy: string): ScheduleError {
  return new ScheduleError("schedule_invalid", { field: "rrule", column, part: name, found: value, expected, remedy });
}
