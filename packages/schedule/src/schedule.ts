import { ScheduleError } from "./errors.ts";
import type { AppliedExclusions } from "./exclude/apply.ts";
import { cronKind } from "./kinds/cron.ts";
import { everyKind } from "./kinds/every.ts";
import type { Kind, Reason, ScheduleKind } from "./kinds/kind.ts";
import { onceKind } from "./kinds/once.ts";
import { bounded, dateEndMs, type Recurrence } from "./kinds/recurrence.ts";
import { unionKind } from "./kinds/union.ts";
import type { ScheduleSpec } from "./spec.ts";
import { instantText, parseInstant } from "./text/instant.ts";
import { offsetAt, type Zone, zoneOf } from "./zone/zone.ts";

/** Why an instant is an occurrence, or why not. */
export type Explanation = {
  fires: boolean;
  /** The instant on the clocks of the schedule's zone, with its offset. */
  localTime: string;
  /** What was looked at; where `fires` is false, at least one does not hold. */
  reasons: Reason[];
};

/** A schedule, understood. Instants are epoch milliseconds, and may be asked about as a `Date`; nothing here looks at a clock. */
export type Schedule = {
  readonly kind: ScheduleKind;
  /** IANA name of the zone the schedule follows. */
  readonly timezone: string;
  /** The first occurrence strictly after an instant; null when there is none. */
  next(after: number | Date): number | null;
  /** The last occurrence strictly before an instant; null when there is none. */
  previous(before: number | Date): number | null;
  /** Whether an instant is an occurrence, to the millisecond. */
  matches(at: number | Date): boolean;
  /** The occurrences from one instant to another, both included, in order and computed as they are asked for. */
  between(from: number | Date, to: number | Date): Iterable<number>;
  /** How many occurrences there are from one instant to another, both included; it stops counting at `limit`. */
  count(from: number | Date, to: number | Date, limit: number): number;
  /** As `count` without a limit; only on schedules that answer it by arithmetic, such as an interval. */
  countBetween?(fromMs: number, toMs: number): number;
  /** The schedule in plain English. */
  describe(): string;
  /** Why the schedule fires at an instant or does not. */
  explain(at: number | Date): Explanation;
  /** An instant on the clocks of the schedule's zone, with its offset: `2026-03-01T10:00:00+01:00`. */
  localTime(at: number | Date): string;
};

export type ScheduleOptions = {
  /** The identity that `H` in a cron expression is spread by, such as the job's name; without it `H` is an error. */
  hashSeed?: string;
  /** Where time zones come from. Default: the platform's. Another source answers what another version of the rules would do. */
  zoneOf?: (id: string, field: string) => Zone;
};

/** The parts of the language that weigh most. They are handed in, so that a web page which needs only the rest does not load them. */
export type ScheduleParts = {
  rrule(spec: ScheduleSpec, rrule: string, readZone: (id: string, field: string) => Zone): Kind;
  exclusions(inner: Recurrence, spec: ScheduleSpec, zone: Zone, parse: (spec: ScheduleSpec) => Schedule): AppliedExclusions;
};

/**
 * Reads a schedule with the parts given.
 *
 * @throws ScheduleError naming the field, what stands there, what should, and what to do
 */
export function readSchedule(spec: ScheduleSpec, options: ScheduleOptions, parts: ScheduleParts): Schedule {
  const { kind: understood, startMs, endMs, exclusions, recurring } = understand(spec, options, parts);
  const { kind, zone, describe, explain } = understood;
  const { next, previous } = recurring;
  const matches = (ms: number): boolean => next(ms - 1) === ms;
  const localTime = (ms: number): string => instantText(ms, offsetAt(zone, Math.floor(ms / 1000)));
  return {
    kind,
    timezone: zone.id,
    next: (after) => next(msOf(after)),
    previous: (before) => previous(msOf(before)),
    matches: (at) => matches(msOf(at)),
    between: (from, to) => iterate(next, msOf(from), msOf(to)),
    count: (from, to, limit) => count(recurring, msOf(from), msOf(to), limit),
    ...(recurring.countBetween && { countBetween: recurring.countBetween }),
    describe: () => exclusions.describe(describe()),
    explain(at) {
      const ms = msOf(at);
      const reasons = [...explain(ms), ...boundReasons(spec, ms, startMs, endMs), ...exclusions.explain(ms)];
      return { fires: matches(ms), localTime: localTime(ms), reasons };
    },
    localTime: (at) => localTime(msOf(at)),
  };
}

/** Reads no more of a schedule than when it fires: what a scheduler keeps of each of its jobs takes a fifth of the memory. */
export function readRecurrence(spec: ScheduleSpec, options: ScheduleOptions, parts: ScheduleParts): Recurrence {
  return understand(spec, options, parts).recurring;
}

function understand(spec: ScheduleSpec, options: ScheduleOptions, parts: ScheduleParts) {
  checkChoices(spec);
  const parse = (inner: ScheduleSpec): Schedule => readSchedule(inner, options, parts);
  const kind = readKind(spec, options, parts, parse);
  const startMs = spec.startAt === undefined ? -dateEndMs : parseInstant(spec.startAt, "startAt");
  const endMs = spec.endAt === undefined ? dateEndMs : parseInstant(spec.endAt, "endAt");
  if (startMs > endMs) {
    throw new ScheduleError("schedule_never_fires", {
      field: "endAt",
      found: String(spec.endAt),
      expected: "an instant not before startAt",
      remedy: "Swap them, or leave one out.",
    });
  }
  const exclusions = parts.exclusions(kind.recurrence, spec, kind.zone, parse);
  return { kind, startMs, endMs, exclusions, recurring: bounded(exclusions.recurrence, startMs, endMs) };
}

function msOf(instant: number | Date): number {
  return typeof instant === "number" ? instant : instant.getTime();
}

/** What the type says, for callers without types: a policy nobody knows must not become the default in silence. */
function checkChoices({ dst, dialect, roll }: ScheduleSpec): void {
  if (dst === undefined && dialect === undefined && roll === undefined) return;
  const choices: [string, string | undefined, readonly string[]][] = [
    ["dst.gap", dst?.gap, ["run_after", "shift", "skip"]],
    ["dst.overlap", dst?.overlap, ["first", "second", "both"]],
    ["dialect", dialect, ["punctual", "quartz", "spring"]],
    ["roll", roll, ["following", "preceding", "modified_following"]],
  ];
  for (const [field, value, known] of choices) {
    if (value === undefined || known.includes(value)) continue;
    throw new ScheduleError("schedule_invalid", {
      field,
      found: String(value),
      expected: known.join(", "),
      remedy: "Choose one of them, or leave it out.",
    });
  }
}

function readKind(spec: ScheduleSpec, options: ScheduleOptions, parts: ScheduleParts, parse: (spec: ScheduleSpec) => Schedule): Kind {
  const given = (["cron", "every", "runAt", "rrule", "anyOf"] as const).filter((name) => spec[name] !== undefined);
  if (given.length !== 1) {
    throw new ScheduleError("schedule_invalid", {
      field: given[1] ?? "cron",
      found: given.length === 0 ? "no schedule" : given.join(" and "),
      expected: "exactly one of cron, every, runAt, rrule and anyOf",
      remedy: given.length === 0 ? "Say when the job fires." : "Keep one, or list them in anyOf.",
    });
  }
  const readZone = options.zoneOf ?? zoneOf;
  if (spec.cron !== undefined) return cronKind(spec, spec.cron, options.hashSeed, readZone);
  if (spec.rrule !== undefined) return parts.rrule(spec, spec.rrule, readZone);
  const zone = readZone(spec.timezone ?? "UTC", "timezone");
  if (spec.anyOf !== undefined) return unionKind(spec.anyOf, zone, parse);
  return spec.every !== undefined ? everyKind(spec, spec.every, zone) : onceKind(spec, spec.runAt as string, zone);
}

function boundReasons(spec: ScheduleSpec, ms: number, startMs: number, endMs: number): Reason[] {
  const reasons: Reason[] = [];
  if (spec.startAt !== undefined) reasons.push({ part: "startAt", holds: ms >= startMs, text: `The schedule starts at ${spec.startAt}.` });
  if (spec.endAt !== undefined) reasons.push({ part: "endAt", holds: ms <= endMs, text: `The schedule ends at ${spec.endAt}.` });
  return reasons;
}

function* iterate(next: Recurrence["next"], fromMs: number, toMs: number): Generator<number> {
  for (let at = next(fromMs - 1); at !== null && at <= toMs; at = next(at)) yield at;
}

function count(recurrence: Recurrence, fromMs: number, toMs: number, limit: number): number {
  if (recurrence.countBetween !== undefined) return Math.min(recurrence.countBetween(fromMs, toMs), limit);
  const { next } = recurrence;
  let found = 0;
  for (let at = next(fromMs - 1); at !== null && at <= toMs && found < limit; at = next(at)) found++;
  return found;
}
