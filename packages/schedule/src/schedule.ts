import { ScheduleError } from "./errors.ts";
import { applyExclusions } from "./exclude/apply.ts";
import { cronKind } from "./kinds/cron.ts";
import { everyKind } from "./kinds/every.ts";
import type { Kind, Reason, ScheduleKind } from "./kinds/kind.ts";
import { onceKind } from "./kinds/once.ts";
import { bounded, type Recurrence } from "./kinds/recurrence.ts";
import { rruleKind } from "./kinds/rrule.ts";
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

/** A schedule, understood. All instants are epoch milliseconds; nothing here looks at a clock. */
export type Schedule = {
  readonly kind: ScheduleKind;
  /** IANA name of the zone the schedule follows. */
  readonly timezone: string;
  /** The first occurrence strictly after an instant; null when there is none. */
  next(afterMs: number): number | null;
  /** The last occurrence strictly before an instant; null when there is none. */
  previous(beforeMs: number): number | null;
  /** Whether an instant is an occurrence, to the millisecond. */
  matches(ms: number): boolean;
  /** The occurrences from `fromMs` to `toMs`, both included, in order and computed as they are asked for. */
  between(fromMs: number, toMs: number): Iterable<number>;
  /** How many occurrences there are from `fromMs` to `toMs`, both included; it stops counting at `limit`. */
  count(fromMs: number, toMs: number, limit: number): number;
  /** The schedule in plain English. */
  describe(): string;
  /** Why the schedule fires at an instant or does not. */
  explain(ms: number): Explanation;
};

export type ScheduleOptions = {
  /** The identity that `H` in a cron expression is spread by, such as the job's name; without it `H` is an error. */
  hashSeed?: string;
  /** Where time zones come from. Default: the platform's. Another source answers what another version of the rules would do. */
  zoneOf?: (id: string, field: string) => Zone;
};

/**
 * Reads a schedule.
 *
 * @throws ScheduleError naming the field, what stands there, what should, and what to do
 */
export function parseSchedule(spec: ScheduleSpec, options: ScheduleOptions = {}): Schedule {
  checkChoices(spec);
  const { kind, zone, recurrence, describe, explain } = readKind(spec, options);
  const startMs = spec.startAt === undefined ? Number.NEGATIVE_INFINITY : parseInstant(spec.startAt, "startAt");
  const endMs = spec.endAt === undefined ? Number.POSITIVE_INFINITY : parseInstant(spec.endAt, "endAt");
  if (startMs > endMs) {
    throw new ScheduleError("schedule_never_fires", {
      field: "endAt",
      found: String(spec.endAt),
      expected: "an instant not before startAt",
      remedy: "Swap them, or leave one out.",
    });
  }
  const exclusions = applyExclusions(recurrence, spec, zone);
  const { next, previous } = bounded(exclusions.recurrence, startMs, endMs);
  const matches = (ms: number): boolean => next(ms - 1) === ms;
  return {
    kind,
    timezone: zone.id,
    next,
    previous,
    matches,
    between: (fromMs, toMs) => iterate(next, fromMs, toMs),
    count: (fromMs, toMs, limit) => count(next, fromMs, toMs, limit),
    describe,
    explain: (ms) => ({
      fires: matches(ms),
      localTime: instantText(ms, offsetAt(zone, Math.floor(ms / 1000))),
      reasons: [...explain(ms), ...boundReasons(spec, ms, startMs, endMs), ...exclusions.explain(ms)],
    }),
  };
}

/** What the type says, for callers without types: a policy nobody knows must not become the default in silence. */
function checkChoices({ dst, dialect, roll }: ScheduleSpec): void {
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

function readKind(spec: ScheduleSpec, options: ScheduleOptions): Kind {
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
  if (spec.rrule !== undefined) return rruleKind(spec, spec.rrule, readZone);
  const zone = readZone(spec.timezone ?? "UTC", "timezone");
  if (spec.anyOf !== undefined) return unionKind(spec.anyOf, zone, (member) => parseSchedule(member, options));
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

function count(next: Recurrence["next"], fromMs: number, toMs: number, limit: number): number {
  let found = 0;
  for (let at = next(fromMs - 1); at !== null && at <= toMs && found < limit; at = next(at)) found++;
  return found;
}
