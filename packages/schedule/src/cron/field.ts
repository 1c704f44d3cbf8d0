import { ScheduleError } from "../errors.ts";
import { stableHash } from "./hash.ts";
import type { Dialect, FieldRules } from "./rules.ts";

/** What one field of an expression says. Only the day fields use the lower half. */
export type FieldSet = {
  low: number;
  high: number;
  years: number[];
  /** False for `*`, `?` and a step of one: the field leaves everything open. */
  restricts: boolean;
  /** An OCPS `+` stood in front: this field must hold together with the day of month. */
  both: boolean;
  lastDays: number;
  nearestWeekdays: number;
  lastNearestWeekdays: number;
  nthWeekdays: number[] | null;
};

/** Where the reading stands: one for a whole expression, moved from field to field. */
export type FieldReader = {
  readonly text: string;
  at: number;
  /** End of the field being read. */
  end: number;
  readonly dialect: Dialect;
  readonly hashSeed: string | undefined;
};

const comma = 44;
const dash = 45;
const slash = 47;

/** Reads the field between `reader.at` and `reader.end`. */
export function readField(reader: FieldReader, rules: FieldRules): FieldSet {
  const set: FieldSet = {
    low: 0,
    high: 0,
    years: [],
    restricts: true,
    both: false,
    lastDays: 0,
    nearestWeekdays: 0,
    lastNearestWeekdays: 0,
    nthWeekdays: null,
  };
  const { text, at, end } = reader;
  if (rules.part === "day of week" && text[at] === "+") {
    set.both = true;
    reader.at++;
  }
  const field = text.slice(reader.at, end);
  if (field === "*" || field === "*/1" || field === "?") set.restricts = false;

  for (;;) {
    readItem(reader, rules, set);
    if (reader.at === end) return set;
    if (text.charCodeAt(reader.at) !== comma) throw unexpected(reader, rules, reader.at, "a comma, or the end of the field");
    reader.at++;
  }
}

function readItem(reader: FieldReader, rules: FieldRules, set: FieldSet): void {
  const start = reader.at;
  const first = reader.text[start] as string;
  if (first === "*" || first === "?") return readWildcard(reader, rules, set);
  const word = readLetters(reader);
  if (word === "H") return readHashed(reader, rules, set, start);
  if (rules.part === "day of month" && (word === "L" || word === "LW")) return readLastDay(reader, rules, set, word);
  if (rules.part === "day of week" && word === "L") return readLoneLastWeekday(reader, rules, set, start);

  reader.at = start;
  const from = readValue(reader, rules);
  const suffix = reader.text[reader.at]?.toUpperCase();
  if (suffix === "W" && rules.part === "day of month") {
    reader.at++;
    set.nearestWeekdays |= 1 << from;
    return;
  }
  let to = from;
  if (reader.text.charCodeAt(reader.at) === dash && reader.at < reader.end) {
    reader.at++;
    to = readValue(reader, rules);
  }
  if (rules.part === "day of week" && readNth(reader, rules, set, from, to)) return;
  const step = readStep(reader, rules);
  // "5/15" is "from 5 on, every 15": an open end where no range was written.
  if (step > 0 && from === to && reader.text.slice(start, reader.at).indexOf("-") < 0) to = rules.top;
  addRange(reader, rules, set, start, from, to, Math.max(step, 1));
}

function readWildcard(reader: FieldReader, rules: FieldRules, set: FieldSet): void {
  const start = reader.at++;
  if (reader.text[start] === "?" && !rules.part.startsWith("day")) {
    throw fault(rules, start, "?", "a value or *", 'Only the two day fields take "?"; write "*".');
  }
  const step = readStep(reader, rules);
  addRange(reader, rules, set, start, rules.min, rules.top, Math.max(step, 1));
}

/** `H`, `H(0-29)`, `H/15`, `H(0-29)/10`: a value of the range, picked by the identity of the job. */
function readHashed(reader: FieldReader, rules: FieldRules, set: FieldSet, start: number): void {
  if (reader.hashSeed === undefined) {
    throw fault(
      rules,
      start,
      "H",
      "a value",
      "H spreads jobs by their identity and needs one: pass a hashSeed, such as the job's name, or write a number.",
    );
  }
  if (rules.part === "years") throw fault(rules, start, "H", "a year", "Years are not spread; write them out.");
  let from = rules.min;
  // Jenkins' rule: days stop at 28, so that no month is left out.
  let to = rules.part === "day of month" ? 28 : rules.top;
  if (reader.text[reader.at] === "(") {
    reader.at++;
    from = readValue(reader, rules);
    expectCharacter(reader, rules, "-");
    to = readValue(reader, rules);
    expectCharacter(reader, rules, ")");
    if (to < from) throw fault(rules, start, reader.text.slice(start, reader.at), "a range that rises", "Write the smaller number first.");
  }
  const step = readStep(reader, rules);
  const width = to - from + 1;
  const picked = from + (stableHash(reader.hashSeed, rules.part) % (step === 0 ? width : Math.min(step, width)));
  addRange(reader, rules, set, start, picked, step === 0 ? picked : to, Math.max(step, 1));
}

/** The rest of `L`, `L-3`, `LW` and `L-3W` in the day of month. */
function readLastDay(reader: FieldReader, rules: FieldRules, set: FieldSet, word: string): void {
  let back = 0;
  if (word === "L" && reader.text.charCodeAt(reader.at) === dash && reader.at < reader.end) {
    const start = ++reader.at;
    back = readNumber(reader);
    if (back < 0 || back > 30)
      throw fault(
        rules,
        start,
        reader.text.slice(start, reader.at),
        "0-30 days before the last",
        'Write "L-3" for three days before the last day.',
      );
    if (reader.text[reader.at]?.toUpperCase() === "W" && reader.at < reader.end) {
      reader.at++;
      set.lastNearestWeekdays |= 1 << back;
      return;
    }
  }
  if (word === "LW") set.lastNearestWeekdays |= 1;
  else set.lastDays |= 1 << back;
}

/** A lone `L` in the day of week is Saturday in Quartz and a riddle everywhere else. */
function readLoneLastWeekday(reader: FieldReader, rules: FieldRules, set: FieldSet, start: number): void {
  if (reader.dialect !== "quartz")
    throw fault(rules, start, "L", "the weekday that L is about", 'Write "5L" for the last Friday of the month, or "SAT" for Saturdays.');
  set.low |= 1 << 6;
}

/** `5L`, `MON#2`, `5#L`: once a month. Answers whether it was one. */
function readNth(reader: FieldReader, rules: FieldRules, set: FieldSet, from: number, to: number): boolean {
  const mark = reader.text[reader.at]?.toUpperCase();
  if (reader.at >= reader.end || (mark !== "L" && mark !== "#")) return false;
  const start = reader.at++;
  let nth = 0;
  if (mark === "#" && reader.text[reader.at]?.toUpperCase() === "L") reader.at++;
  else if (mark === "#") {
    nth = readNumber(reader);
    if (nth < 1 || nth > 5)
      throw fault(
        rules,
        start,
        reader.text.slice(start, reader.end),
        "#1 to #5, or #L for the last",
        "No month has more than five of a weekday.",
      );
  }
  const days: FieldSet = { ...set, low: 0, high: 0 };
  addRange(reader, rules, days, start, from, to, 1);
  set.nthWeekdays ??= [0, 0, 0, 0, 0, 0];
  set.nthWeekdays[nth] = (set.nthWeekdays[nth] as number) | days.low;
  return true;
}

function readStep(reader: FieldReader, rules: FieldRules): number {
  if (reader.at >= reader.end || reader.text.charCodeAt(reader.at) !== slash) return 0;
  const start = ++reader.at;
  const step = readNumber(reader);
  if (step < 0) throw unexpected(reader, rules, start, "a step", `Write a number after the slash, as in "*/5".`);
  if (step === 0) throw fault(rules, start, "0", "a step of 1 or more", "A step of zero stands still.");
  return step;
}

function readValue(reader: FieldReader, rules: FieldRules): number {
  const start = reader.at;
  let value = readNumber(reader);
  if (value < 0) value = readName(reader, rules);
  if (value < 0) throw unexpected(reader, rules, start, `${rules.min}-${rules.max}${rules.names.length > 0 ? " or a name" : ""}`);
  if (value < rules.min || value > rules.max) {
    throw fault(rules, start, reader.text.slice(start, reader.at), `${rules.min}-${rules.max}`, rangeRemedy(rules, value));
  }
  return value;
}

/** Digits, as far as they go; -1 when there are none. A number too long to be meant is as large as needed to be refused. */
function readNumber(reader: FieldReader): number {
  const { text, end } = reader;
  let value = -1;
  for (; reader.at < end; reader.at++) {
    const digit = text.charCodeAt(reader.at) - 48;
    if (digit < 0 || digit > 9) break;
    value = Math.min((value < 0 ? 0 : value) * 10 + digit, 1e9);
  }
  return value;
}

/** A name, in full or by three letters or more of its beginning; it may have the `L` of "last" behind it. -1 when it is none. */
function readName(reader: FieldReader, rules: FieldRules): number {
  const start = reader.at;
  const word = readLetters(reader);
  let index = nameIndex(rules.names, word);
  if (index < 0 && word.endsWith("L")) {
    index = nameIndex(rules.names, word.slice(0, -1));
    if (index >= 0) reader.at--;
  }
  if (index >= 0) return index + rules.firstName;
  reader.at = start;
  return -1;
}

function nameIndex(names: readonly string[], word: string): number {
  return word.length < 3 ? -1 : names.findIndex((name) => name.startsWith(word));
}

function readLetters(reader: FieldReader): string {
  const start = reader.at;
  while (reader.at < reader.end && (reader.text.charCodeAt(reader.at) | 32) >= 97 && (reader.text.charCodeAt(reader.at) | 32) <= 122)
    reader.at++;
  return reader.at === start ? "" : reader.text.slice(start, reader.at).toUpperCase();
}

function addRange(reader: FieldReader, rules: FieldRules, set: FieldSet, start: number, from: number, to: number, step: number): void {
  const cycle = rules.top - rules.min + 1;
  let first = from;
  let last = to;
  if (first > last) {
    if (rules.part === "years")
      throw fault(rules, start, reader.text.slice(start, reader.at), "a range that rises", "Write the earlier year first.");
    if (first > rules.top)
      first -= cycle; // "7-2" starts on Sunday
    else last += cycle; // "FRI-MON", "22-2": over the end and on from the beginning
  }
  for (let value = first; value <= last; value += step) {
    const bit = (value > rules.top ? value - cycle : value) - rules.shift;
    if (rules.part === "years") set.years.push(bit);
    else if (bit < 32) set.low |= 1 << bit;
    else set.high |= 1 << (bit - 32);
  }
}

function expectCharacter(reader: FieldReader, rules: FieldRules, character: string): void {
  if (reader.text[reader.at] !== character || reader.at >= reader.end)
    throw unexpected(reader, rules, reader.at, `"${character}"`, 'Ranges for H look like "H(0-29)".');
  reader.at++;
}

function rangeRemedy(rules: FieldRules, value: number): string {
  if (rules.part === "hours" && value === 24) return "Midnight is hour 0.";
  if (rules.part === "day of week") return "Quartz counts from 1 (Sunday), others from 0 (Sunday); names are safest: MON-FRI.";
  if (rules.part === "months" || rules.part === "day of month")
    return `The ${rules.part} start at 1.`.replace("month start", "month starts");
  return `Use a number from ${rules.min} to ${rules.max}.`;
}

function unexpected(reader: FieldReader, rules: FieldRules, at: number, expected: string, remedy?: string): ScheduleError {
  const rest = reader.text.slice(at, reader.end);
  const found = rest === "" ? "nothing" : rest.startsWith(",") ? "," : (/^[^,]+/.exec(rest)?.[0] ?? rest);
  return fault(rules, at, found, expected, remedy ?? fieldRemedy(rules));
}

function fieldRemedy(rules: FieldRules): string {
  if (rules.names.length === 0) return `The field takes numbers (${rules.min}-${rules.max}), ranges (a-b), steps (*/n) and lists (a,b).`;
  return `Names are ${rules.names.map((name) => name.slice(0, 3)).join(", ")}, or written out.`;
}

function fault(rules: FieldRules, at: number, found: string, expected: string, remedy: string): ScheduleError {
  return new ScheduleError("schedule_invalid", { field: "cron", column: at + 1, part: rules.part, found, expected, remedy });
}
