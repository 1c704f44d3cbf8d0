import { ScheduleError } from "../errors.ts";
import { parseRule } from "./parse-rule.ts";
import type { Rule, WrittenTime } from "./rule.ts";
import { readTime } from "./time.ts";

/** A time of a set, with the zone its property names. */
export type ZonedTime = WrittenTime & { timezone: string | null };

/** A recurrence set of RFC 5545 as it was written. */
export type RecurrenceSet = {
  start: ZonedTime | null;
  rule: Rule | null;
  added: ZonedTime[];
  removed: ZonedTime[];
};

/** More text than any calendar writes for one event, and little enough that nobody can make reading it slow. */
const longestText = 65_536;

type Property = { name: string; parameters: string; value: string; offset: number };

/**
 * Reads the lines of a recurrence set: `DTSTART`, `RRULE`, `RDATE` and `EXDATE`. A line without a property's name is a rule: `FREQ=DAILY`.
 *
 * @throws ScheduleError `schedule_invalid`
 */
export function readSet(text: string): RecurrenceSet {
  if (text.length > longestText)
    throw refuse(undefined, `${text.length} characters`, `at most ${longestText}`, "Split the set with anyOf.");
  const set: RecurrenceSet = { start: null, rule: null, added: [], removed: [] };
  for (const property of propertiesOf(text)) {
    const { name, value, offset } = property;
    if (name === "RRULE" && set.rule === null) set.rule = parseRule(value, offset);
    else if (name === "DTSTART" && set.start === null) set.start = timesOf(property)[0] as ZonedTime;
    else if (name === "RDATE") set.added.push(...timesOf(property));
    else if (name === "EXDATE") set.removed.push(...timesOf(property));
    else throw refuse(offset - name.length, name, "one DTSTART, one RRULE, and any RDATE and EXDATE", "Use anyOf for several rules.");
  }
  if (set.rule === null && set.start === null && set.added.length === 0) throw refuse(1, text, "an RRULE", 'Write e.g. "FREQ=DAILY".');
  return set;
}

function propertiesOf(text: string): Property[] {
  const properties: Property[] = [];
  let offset = 0;
  // Long lines are folded: a line break and a space belong to the line before.
  for (const line of text.replace(/\r?\n[ \t]/g, "").split("\n")) {
    const content = line.trim();
    const match = /^([A-Za-z-]+)((?:;[^:]*)?):/.exec(content);
    const start = offset + line.indexOf(content);
    if (match !== null) {
      const value = content.slice(match[0].length);
      properties.push({ name: (match[1] as string).toUpperCase(), parameters: match[2] as string, value, offset: start + match[0].length });
    } else if (content !== "") {
      properties.push({ name: "RRULE", parameters: "", value: content, offset: start });
    }
    offset += line.length + 1;
  }
  return properties;
}

function timesOf({ name, parameters, value, offset }: Property): ZonedTime[] {
  const timezone = /;TZID="?([^;"]+)"?/i.exec(parameters)?.[1] ?? null;
  let column = offset + 1;
  return value.split(",").map((text) => {
    const time = readTime(text, column, name);
    column += text.length + 1;
    return { ...time, timezone };
  });
}

function refuse(column: number | undefined, found: string, expected: string, remedy: string): ScheduleError {
  return new ScheduleError("schedule_invalid", { field: "rrule", ...(column === undefined ? {} : { column }), found, expected, remedy });
}
