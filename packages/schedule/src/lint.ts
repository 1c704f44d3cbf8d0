import { countBits } from "./bits.ts";
import { cronWords, type ParsedCron, parseCron } from "./cron/parse.ts";
import { type CronPattern, everyDay, everyHour, everyMonth, everyWeekday } from "./cron/pattern.ts";
import type { Dialect } from "./cron/rules.ts";
import { createWallSearch } from "./cron/wall-search.ts";
import { excludedSpec } from "./exclude/occurrences.ts";
import { idleExclusions } from "./idle-exclusion.ts";
import { parseSchedule } from "./parse-schedule.ts";
import type { ScheduleOptions } from "./schedule.ts";
import type { ScheduleSpec } from "./spec.ts";
import { type Zone, zoneOf } from "./zone/zone.ts";

/** Something valid that surprises people. */
export type LintFinding = {
  /** Stable name. */
  rule: string;
  /** The field of the specification it is about, e.g. `cron` or `anyOf[1].cron`. */
  field: string;
  message: string;
  suggestion: string;
};

/** A cron expression with its fields by place: five-field expressions have `undefined` seconds. */
type Subject = { parsed: ParsedCron; spec: ScheduleSpec; dialect: Dialect; texts: (string | undefined)[] };

type Rule = { rule: string; field?: string; find(subject: Subject): { message: string; suggestion: string } | null };

/** A change after this (2033) in the table comes from a rule that goes on; the table always reaches 2040. */
const lateEnough = 2e9;
const anyDay = { days: everyDay, weekdays: everyWeekday, months: everyMonth, years: null, dayRule: "both" } as const;

const partNames = ["seconds", "minutes", "hours"];
const partSizes = [60, 60, 24];

const rules: Rule[] = [
  {
    rule: "day-or-weekday",
    find: ({ parsed: { pattern } }) =>
      pattern.dayRule === "either"
        ? {
            message: "Day of month and day of week are both restricted, so it fires when either of them matches.",
            suggestion: 'For days on which both match put "+" before the day of week; else split it into two schedules.',
          }
        : null,
  },
  {
    rule: "uneven-step",
    find: ({ texts }) => {
      for (const [index, name] of partNames.entries()) {
        const step = Number(/^(?:\*|0)\/(\d+)$/.exec(texts[index] ?? "")?.[1] ?? 1);
        const size = partSizes[index] as number;
        if (step < size && size % step !== 0) {
          const message = `${size} is no multiple of ${step}, so the last stretch of every ${index === 2 ? "day" : index === 1 ? "hour" : "minute"} is shorter than the others.`;
          return { message, suggestion: `Use "every": "${step}${name[0]}" for an even pace, or a step that divides ${size}.` };
        }
      }
      return null;
    },
  },
  {
    rule: "step-beyond-field",
    find: ({ texts }) => {
      const sizes = [60, 60, 24, 31, 12, 7];
      const index = texts.findIndex(
        (text, place) => Number(/\/(\d+)$/.exec(text ?? "")?.[1] ?? 0) >= (sizes[place] ?? Number.POSITIVE_INFINITY),
      );
      if (index < 0) return null;
      return {
        message: `The step in "${texts[index]}" is longer than the field, so only its first value is ever reached.`,
        suggestion: 'Use "every" for longer distances.',
      };
    },
  },
  {
    rule: "every-minute-of-an-hour",
    find: ({ parsed: { pattern }, texts }) =>
      texts[1] === "*" && pattern.hours !== everyHour && countBits(pattern.hours) <= 3
        ? {
            message: "It fires in every minute of the hours named, 60 times each.",
            suggestion: 'For once an hour write "0" in the minutes.',
          }
        : null,
  },
  {
    rule: "midnight-herd",
    find: ({ parsed: { pattern } }) =>
      pattern.hours === 1 && pattern.minutesLow === 1 && pattern.minutesHigh === 0
        ? {
            message: "Midnight sharp is when most of the world's jobs start.",
            suggestion: 'Write "H H" for the minutes and hours, or spread the schedule over a window.',
          }
        : null,
  },
  {
    rule: "missing-days",
    find: ({ parsed: { pattern } }) => {
      const late = [29, 30, 31].filter((day) => (pattern.days & (1 << day)) !== 0);
      if (
        pattern.days === late.reduce((mask, day) => mask | (1 << day), 0) &&
        late.length > 0 &&
        pattern.dayRule === "both" &&
        pattern.lastDays === 0
      ) {
        return {
          message: `Not every month has a ${late.join(" or ")}; those months are left out.`,
          suggestion: 'Write "L" for the last day of every month.',
        };
      }
      return null;
    },
  },
  {
    rule: "quartz-weekdays",
    find: ({ dialect, texts }) =>
      dialect === "punctual" && texts.includes("?") && /\d/.test((texts[5] ?? "").replace(/#\d/, ""))
        ? {
            message: 'The "?" looks like Quartz, where 1 is Sunday; here 1 is Monday.',
            suggestion: 'Set "dialect": "quartz", or write weekdays by name.',
          }
        : null,
  },
  {
    rule: "clock-change",
    field: "timezone",
    find: ({ parsed, spec }) => {
      const zone = zoneOf(parsed.timezone ?? spec.timezone ?? "UTC");
      if (spec.dst !== undefined || parsed.pattern.hours === everyHour || !meetsClockChange(parsed.pattern, zone)) return null;
      return {
        message: `The clocks of ${zone.id} skip this time on one day of the year or show it twice.`,
        suggestion: 'The defaults run it once, right after a gap and in the first pass of a repeated hour; set "dst" for anything else.',
      };
    },
  },
  {
    rule: "fixed-abbreviation",
    field: "timezone",
    find: ({ spec }) =>
      /^(?:EST|MST|HST)$/.test(spec.timezone ?? "")
        ? {
            message: `${spec.timezone} is a fixed offset without daylight saving.`,
            suggestion: 'Name a place, such as "America/New_York".',
          }
        : null,
  },
];

const idleExclusion = {
  rule: "idle-exclusion",
  message: "It seems to leave nothing out: none of the occurrences looked at is one of both schedules.",
  suggestion: 'Give it the very times of the schedule, or exclude local time with "cron", "weekly" or "date".',
};

/**
 * Names what may surprise the author of a valid schedule, with a suggestion each: in its cron expression, those of its members and of the schedules it
 * excludes, and exclusions that leave nothing out. `every`, `runAt` and `rrule` have no surprises of their own.
 *
 * @throws ScheduleError when the schedule is not valid
 */
export function lintSchedule(spec: ScheduleSpec, options: ScheduleOptions = {}): LintFinding[] {
  const { timezone } = parseSchedule(spec, options);
  const members = (spec.anyOf ?? []).flatMap((member, index) => placed(`anyOf[${index}]`, lintSchedule(member, options)));
  const excluded = (spec.exclude ?? []).flatMap((exclusion, index) => {
    if (!("schedule" in exclusion)) return [];
    const findings = lintCron(excludedSpec(exclusion.schedule, timezone), options).filter(({ rule }) => rule !== "midnight-herd");
    return placed(`exclude[${index}].schedule`, findings);
  });
  const idle = idleExclusions(spec, options).map((index) => ({ ...idleExclusion, field: `exclude[${index}].schedule` }));
  return [...lintCron(spec, options), ...members, ...excluded, ...idle];
}

function placed(place: string, findings: LintFinding[]): LintFinding[] {
  return findings.map((finding) => ({ ...finding, field: `${place}.${finding.field}` }));
}

function lintCron(spec: ScheduleSpec, options: ScheduleOptions): LintFinding[] {
  if (spec.cron === undefined) return [];
  const dialect = spec.dialect ?? "punctual";
  const parsed = parseCron(spec.cron, dialect, options.hashSeed);
  const words = cronWords(spec.cron).map(({ text }) => text);
  const texts = words.length === 5 ? [undefined, ...words] : words;
  const subject: Subject = { parsed, spec, dialect, texts };
  return rules.flatMap(({ rule, field = "cron", find }) => {
    const found = find(subject);
    return found === null ? [] : [{ rule, field, ...found }];
  });
}

/** Whether one of the last two changes in the table skips or repeats a time of the pattern; zones that gave changes up have none so late. */
function meetsClockChange(pattern: CronPattern, zone: Zone): boolean {
  const walls = createWallSearch({ ...pattern, ...anyDay });
  return zone.starts.slice(-2).some((start, place) => {
    const index = zone.starts.length - 2 + place;
    if (index < 1 || start < lateEnough) return false;
    const shown = [zone.offsets[index - 1], zone.offsets[index]].map((offset) => start + (offset as number));
    return walls.next(Math.min(...shown)) < Math.max(...shown);
  });
}
