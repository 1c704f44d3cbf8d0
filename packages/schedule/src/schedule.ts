import { parseCron } from "./cron/parse.ts";
import { ScheduleError } from "./errors.ts";
import { cronRecurrence, defaultDstPolicy } from "./kinds/cron.ts";
import { everyRecurrence } from "./kinds/every.ts";
import { onceRecurrence } from "./kinds/once.ts";
import { bounded, type Recurrence } from "./kinds/recurrence.ts";
import type { ScheduleSpec } from "./spec.ts";
import { parseInstant } from "./text/instant.ts";
import { zoneOf } from "./zone/zone.ts";

export type ScheduleKind = "cron" | "every" | "once";

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
  /** The schedule in plain words. */
  describe(): string;
};

/**
 * Reads a schedule.
 *
 * @param options.hashSeed the identity that `H` in a cron expression is spread by, such as the job's name; without it `H` is an error
 * @throws ScheduleError naming the field, what stands there, what should, and what to do
 */
export function parseSchedule(spec: ScheduleSpec, options: { hashSeed?: string } = {}): Schedule {
  const { kind, timezone, recurrence, words } = readKind(spec, options.hashSeed);
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
  const { next, previous } = bounded(recurrence, startMs, endMs);
  return {
    kind,
    timezone,
    next,
    previous,
    matches: (ms) => next(ms - 1) === ms,
    between: (fromMs, toMs) => iterate(next, fromMs, toMs),
    describe: () => words,
  };
}

type Kind = { kind: ScheduleKind; timezone: string; recurrence: Recurrence; words: string };

function readKind(spec: ScheduleSpec, hashSeed: string | undefined): Kind {
  const given = (["cron", "every", "runAt"] as const).filter((name) => spec[name] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? "no schedule" : given.join(" and ");
    throw new ScheduleError("schedule_invalid", {
      field: given[1] ?? "cron",
      found,
      expected: "exactly one of cron, every and runAt",
      remedy: given.length === 0 ? "Say when the job fires." : "Keep one; two schedules are two jobs.",
    });
  }
  if (spec.cron !== undefined) return readCron(spec, spec.cron, hashSeed);
  const timezone = zoneOf(spec.timezone ?? "UTC").id;
  if (spec.every !== undefined) {
    const anchorMs = spec.anchor === undefined ? 0 : parseInstant(spec.anchor, "anchor");
    return { kind: "every", timezone, recurrence: everyRecurrence(spec.every, anchorMs), words: `every ${spec.every}` };
  }
  return {
    kind: "once",
    timezone,
    recurrence: onceRecurrence(parseInstant(spec.runAt as string, "runAt")),
    words: `once, at ${spec.runAt}`,
  };
}

function readCron(spec: ScheduleSpec, cron: string, hashSeed: string | undefined): Kind {
  const parsed = parseCron(cron, spec.dialect ?? "punctual", hashSeed);
  if (parsed.timezone !== null && spec.timezone !== undefined && parsed.timezone !== spec.timezone) {
    throw new ScheduleError("schedule_invalid", {
      field: "timezone",
      found: spec.timezone,
      expected: `${parsed.timezone}, as in the expression`,
      remedy: "Name the zone in one place only.",
    });
  }
  const zone = zoneOf(parsed.timezone ?? spec.timezone ?? "UTC", parsed.timezone === null ? "timezone" : "cron");
  const policy = { ...defaultDstPolicy(parsed.pattern), ...spec.dst };
  return { kind: "cron", timezone: zone.id, recurrence: cronRecurrence(parsed.pattern, zone, policy), words: `cron ${cron} in ${zone.id}` };
}

function* iterate(next: (afterMs: number) => number | null, fromMs: number, toMs: number): Generator<number> {
  for (let at = next(fromMs - 1); at !== null && at <= toMs; at = next(at)) yield at;
}
