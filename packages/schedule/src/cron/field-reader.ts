import { ScheduleError } from "../errors.ts";
import type { Dialect, FieldRules } from "./rules.ts";

/** Where the reading stands: one for a whole expression, moved from field to field. */
export type FieldReader = {
  readonly text: string;
  at: number;
  /** End of the field being read. */
  end: number;
  readonly dialect: Dialect;
  readonly hashSeed: string | undefined;
};

/** The next character of the field, in upper case; empty at its end. */
export function peek(reader: FieldReader): string {
  return reader.at < reader.end ? (reader.text[reader.at] as string).toUpperCase() : "";
}

/** The number after a slash; 0 where there is no slash. */
export function readStep(reader: FieldReader, rules: FieldRules): number {
  if (peek(reader) !== "/") return 0;
  const start = ++reader.at;
  const step = readNumber(reader);
  if (step < 0) throw unexpected(reader, rules, start, "a step", `Write a number after the slash, as in "*/5".`);
  if (step === 0) throw fault(rules, start, "0", "a step of 1 or more", "A step of zero stands still.");
  return step;
}

/** A number or a name, within the bounds of the field. */
export function readValue(reader: FieldReader, rules: FieldRules): number {
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
export function readNumber(reader: FieldReader): number {
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

/** Letters, as far as they go, in upper case. */
export function readLetters(reader: FieldReader): string {
  const start = reader.at;
  while (reader.at < reader.end && (reader.text.charCodeAt(reader.at) | 32) >= 97 && (reader.text.charCodeAt(reader.at) | 32) <= 122)
    reader.at++;
  return reader.at === start ? "" : reader.text.slice(start, reader.at).toUpperCase();
}

export function expectCharacter(reader: FieldReader, rules: FieldRules, character: string): void {
  if (peek(reader) !== character) throw unexpected(reader, rules, reader.at, `"${character}"`, 'Ranges for H look like "H(0-29)".');
  reader.at++;
}

function rangeRemedy(rules: FieldRules, value: number): string {
  if (rules.part === "hours" && value === 24) return "Midnight is hour 0.";
  if (rules.part === "day of week") return "Quartz counts from 1 (Sunday), others from 0 (Sunday); names are safest: MON-FRI.";
  if (rules.part === "months" || rules.part === "day of month")
    return `The ${rules.part} start at 1.`.replace("month start", "month starts");
  return `Use a number from ${rules.min} to ${rules.max}.`;
}

export function unexpected(reader: FieldReader, rules: FieldRules, at: number, expected: string, remedy?: string): ScheduleError {
  const rest = reader.text.slice(at, reader.end);
  const found = rest === "" ? "nothing" : rest.startsWith(",") ? "," : (/^[^,]+/.exec(rest)?.[0] ?? rest);
  return fault(rules, at, found, expected, remedy ?? fieldRemedy(rules));
}

function fieldRemedy(rules: FieldRules): string {
  if (rules.names.length === 0) return `The field takes numbers (${rules.min}-${rules.max}), ranges (a-b), steps (*/n) and lists (a,b).`;
  return `Names are ${rules.names.map((name) => name.slice(0, 3)).join(", ")}, or written out.`;
}

export function fault(rules: FieldRules, at: number, found: string, expected: string, remedy: string): ScheduleError {
  return new ScheduleError("schedule_invalid", { field: "cron", column: at + 1, part: rules.part, found, expected, remedy });
}
