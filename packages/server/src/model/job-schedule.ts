import { type Fault, PunctualError, type ScheduleBody } from "@punctual/contract";
import {
  effectiveTime,
  parseDuration,
  parseInstant,
  parseRecurrence,
  parseSchedule,
  type Recurrence,
  type Schedule,
  ScheduleError,
  type ScheduleSpec,
} from "@punctual/schedule";
import { instantText } from "./instant-text.ts";

const kinds = ["cron", "every", "runAt", "delay", "rrule", "anyOf"] as const;

/** The schedule of a job as it is stored: what its author said, with relative times resolved. */
export type JobSchedule = ScheduleSpec & { spread?: string; jitter?: string; after?: "start" | "completion" };

/** A job's schedule, parsed, with when each occurrence really starts. */
export type SchedulePlan = {
  schedule: Recurrence;
  /** When an occurrence starts: its nominal time plus the job's spread and the occurrence's jitter. */
  dueAt(nominalMs: number): number;
  /** For a fixed delay: how long after a run's end the next occurrence is due; null for every other schedule. */
  afterCompletionMs: number | null;
};

/** A day: longer, and the offset would be a schedule of its own. */
const spreadMostMs = 86_400_000;

/** The fields that make up a schedule: naming any of the kinds in an update replaces them all. */
export const scheduleKeys = [
  ...kinds,
  "timezone",
  "anchor",
  "startAt",
  "endAt",
  "dst",
  "exclude",
  "roll",
  "businessDays",
  "dialect",
  "spread",
  "jitter",
  "after",
] as const satisfies readonly (keyof ScheduleBody)[];

const storedKeys = scheduleKeys.filter((key) => key !== "delay");
const parserKeys = storedKeys.filter((key) => key !== "spread" && key !== "jitter" && key !== "after");

export function namesKind(body: { [K in (typeof kinds)[number]]?: unknown }): boolean {
  return kinds.some((kind) => body[kind] !== undefined && body[kind] !== null);
}

/**
 * Resolves and checks the schedule fields of a request: `delay` becomes `runAt`, an interval and a rule without a beginning begin at `nowMs`.
 *
 * @param seed what `H` and spread are derived from: the job's id
 * @throws PunctualError schedule_missing, schedule_ambiguous, or what the parser found
 */
export function acceptSchedule(body: ScheduleBody, nowMs: number, seed: string): JobSchedule {
  const stored = resolveSchedule(body, nowMs);
  planSchedule(stored, seed);
  return stored;
}

/** The same for whoever parses it anyway. @throws PunctualError schedule_missing, schedule_ambiguous */
export function resolveSchedule(body: ScheduleBody, nowMs: number): JobSchedule {
  const given = kinds.filter((kind) => body[kind] !== undefined);
  if (given.length === 0) {
    throw new PunctualError("schedule_missing", `None of ${kinds.join(", ")} is given.`, {
      faults: [{ pointer: "", message: "no schedule" }],
    });
  }
  if (given.length > 1) {
    const faults = given.map((kind) => ({ pointer: `/${kind}`, message: "only one of these" }));
    throw new PunctualError("schedule_ambiguous", `Both ${given.join(" and ")} are given.`, { faults });
  }
  const { delay } = body;
  const resolved: JobSchedule = {};
  if (delay !== undefined) resolved.runAt = instantText(nowMs + asFault(() => parseDuration(delay), "/delay"));
  if ((body.every !== undefined || isBareRule(body)) && body.anchor === undefined) resolved.anchor = instantText(nowMs);
  return pick(storedKeys, body, resolved);
}

/** Whether a rule says nowhere when it begins. */
function isBareRule({ rrule, startAt }: ScheduleBody): boolean {
  return rrule !== undefined && startAt === undefined && !/^\s*DTSTART/im.test(rrule);
}

/** The schedule's part of a definition, its fields in one order. */
export function scheduleOf(definition: JobSchedule): JobSchedule {
  return pick(storedKeys, definition);
}

/** Key by key: objects spread or taken apart, which V8 does by a slow path, were half of what it took to accept a job. */
function pick(keys: readonly (keyof JobSchedule)[], definition: JobSchedule, instead: JobSchedule = {}): JobSchedule {
  const found: Record<string, unknown> = {};
  for (const key of keys) {
    const value = instead[key] ?? definition[key];
    if (value !== undefined) found[key] = value;
  }
  return found;
}

/** Parses a stored schedule. One that was accepted parses for ever; a failure is a defect. */
export function planSchedule(stored: JobSchedule, seed: string): SchedulePlan {
  const { spread, jitter, after } = stored;
  const spec = parserSpec(stored);
  const schedule = asFault(() => parseRecurrence(spec, { hashSeed: seed }));
  const offsets = { seed, spreadMs: offsetMs("spread", spread), jitterMs: offsetMs("jitter", jitter) };
  const afterCompletionMs = completionDelay(spec, after);
  if (spread === undefined && jitter === undefined) return { schedule, dueAt: onTime, afterCompletionMs };
  return { schedule, dueAt: (nominalMs) => effectiveTime(schedule, nominalMs, offsets), afterCompletionMs };
}

/** One for all jobs that start at their nominal time: a function of its own costs each plan in memory 200 bytes. */
const onTime = (nominalMs: number): number => nominalMs;

/** Whether two jobs with this schedule may fire at different times: by `H` (or any h where there may be one), spread or jitter. */
export function dependsOnSeed({ cron, anyOf, exclude, spread, jitter }: JobSchedule): boolean {
  return spread !== undefined || jitter !== undefined || /h/i.test(JSON.stringify([cron, anyOf, exclude]));
}

/** All that a stored schedule can tell, for people: its description, and why it fires when it does. */
export function describedSchedule(stored: JobSchedule, seed: string): Schedule {
  return asFault(() => parseSchedule(parserSpec(stored), { hashSeed: seed }));
}

/** What the schedule package reads of it. */
export function parserSpec(stored: JobSchedule): ScheduleSpec {
  return pick(parserKeys, stored);
}

/**
 * From where the first occurrence is searched. A one-time job fires even when its time has passed; a recurring one starts with the next occurrence after
 * now, so that creating, changing or resuming it never fires it by itself.
 */
export function firstLook(stored: JobSchedule, nowMs: number): number {
  return stored.runAt === undefined ? nowMs : Number.NEGATIVE_INFINITY;
}

/** Turns an error of the schedule package into one of the catalogue, pointing at the field. */
export function asFault<T>(parse: () => T, pointer?: string): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    const fault: Fault = {
      pointer: pointer ?? pointerOf(error.field),
      message: error.message,
      expected: error.expected,
      remedy: error.remedy,
    };
    if (error.found !== undefined) fault.found = error.found;
    throw new PunctualError(error.code, error.message, { faults: [fault], cause: error });
  }
}

/** Reads a part of a request; what is wrong with it is pointed at from the whole, such as `/before/cron`. */
export function within<T>(pointer: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PunctualError)) throw error;
    const faults = error.faults.map((fault) => ({ ...fault, pointer: `${pointer}${fault.pointer}` }));
    throw new PunctualError(error.code, error.message, { faults, cause: error });
  }
}

/** An instant of a query or a body, in epoch ms. */
export function acceptInstant(text: string, pointer: string): number {
  return asFault(() => parseInstant(text), pointer);
}

function completionDelay(spec: ScheduleSpec, after: JobSchedule["after"]): number | null {
  if (after !== "completion") return null;
  if (spec.every === undefined) throw refused("/after", "after: completion goes with every.", "every", "Give every, or leave after out.");
  const every = spec.every;
  // A calendar unit has no length to wait for.
  return asFault(() => parseDuration(every), "/every");
}

function offsetMs(field: "spread" | "jitter", text: string | undefined): number {
  if (text === undefined) return 0;
  const ms = asFault(() => parseDuration(text), `/${field}`);
  if (ms > spreadMostMs)
    throw refused(`/${field}`, `${field} is ${text}; expected at most 24h.`, "at most 24h", "Use startAt or another pattern for more.");
  return ms;
}

function refused(pointer: string, message: string, expected: string, remedy: string): PunctualError {
  return new PunctualError("schedule_invalid", message, { faults: [{ pointer, message, expected, remedy }] });
}

/** `exclude[2]` to `/exclude/2`. */
function pointerOf(field: string): string {
  return `/${field.replaceAll("[", "/").replaceAll("]", "").replaceAll(".", "/")}`;
}
