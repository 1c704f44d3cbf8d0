import {
  expectCharacter,
  type FieldReader,
  fault,
  peek,
  readLetters,
  readNumber,
  readStep,
  readValue,
  unexpected,
} from "./field-reader.ts";
import { stableHash } from "./hash.ts";
import type { FieldRules } from "./rules.ts";

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
  if (rules.part === "day of week" && peek(reader) === "+") {
    set.both = true;
    reader.at++;
  }
  const field = reader.text.slice(reader.at, reader.end);
  if (field === "*" || field === "*/1" || field === "?") set.restricts = false;

  for (;;) {
    readItem(reader, rules, set);
    if (reader.at === reader.end) return set;
    if (peek(reader) !== ",") throw unexpected(reader, rules, reader.at, "a comma, or the end of the field");
    reader.at++;
  }
}

function readItem(reader: FieldReader, rules: FieldRules, set: FieldSet): void {
  const start = reader.at;
  const first = peek(reader);
  if (first === "*" || first === "?") return readWildcard(reader, rules, set);
  const word = readLetters(reader);
  if (word === "H") return readHashed(reader, rules, set, start);
  if (rules.part === "day of month" && (word === "L" || word === "LW")) return readLastDay(reader, rules, set, word);
  if (rules.part === "day of week" && word === "L") return readLoneLastWeekday(reader, rules, set, start);

  reader.at = start;
  const from = readValue(reader, rules);
  if (peek(reader) === "W" && rules.part === "day of month") {
    reader.at++;
    set.nearestWeekdays |= 1 << from;
    return;
  }
  let to = from;
  if (peek(reader) === "-") {
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
  if (peek(reader) === "(") {
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
  if (word === "L" && peek(reader) === "-") {
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
    if (peek(reader) === "W") {
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
  const mark = peek(reader);
  if (mark !== "L" && mark !== "#") return false;
  const start = reader.at++;
  let nth = 0;
  if (mark === "#" && peek(reader) === "L") reader.at++;
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

function addRange(reader: FieldReader, rules: FieldRules, set: FieldSet, start: number, from: number, to: number, step: number): void {
  const cycle = rules.top - rules.min + 1;
  if (from > to && rules.part === "years") {
    throw fault(rules, start, reader.text.slice(start, reader.at), "a range that rises", "Write the earlier year first.");
  }
  const last = from > to ? to + cycle : to; // "FRI-MON", "22-2": over the end and on from the beginning
  for (let value = from; value <= last; value += step) {
    const bit = (value > rules.top ? value - cycle : value) - rules.shift;
    if (rules.part === "years") set.years.push(bit);
    else if (bit < 32) set.low |= 1 << bit;
    else set.high |= 1 << (bit - 32);
  }
}
