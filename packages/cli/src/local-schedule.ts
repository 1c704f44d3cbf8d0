import type { Explanation, LintResult, Preview, ScheduleDiff } from "@punctual/contract";
import {
  diffSchedules,
  effectiveTime,
  lintSchedule,
  parseDuration,
  parseInstant,
  parseSchedule,
  type Schedule,
  ScheduleError,
  type ScheduleSpec,
  tzVersion,
} from "@punctual/schedule";
import type { ScheduleFields } from "./schedule-fields.ts";

/**
 * A schedule that is looked at here, without a server.
 *
 * `seed` is what `H`, spread and jitter are derived from, a job's id; `nowMs` is when a job would be made of it now.
 */
export type LocalSchedule = { fields: ScheduleFields; seed: string; nowMs: number };

/** A server refuses more, so that an offset never is a schedule of its own. */
const spreadMostMs = 86_400_000;

/**
 * What the API's preview answers.
 *
 * @param page `from`: list what comes after this instant. Default: now, or for a one-time schedule ever
 * @throws ScheduleError
 */
export function previewLocally(local: LocalSchedule, page: { from?: string | undefined; count: number }): Preview {
  const { schedule, dueAt } = readLocally(local);
  const occurrences: Preview["occurrences"] = [];
  let next = schedule.next(page.from === undefined ? firstLook(local, schedule) : parseInstant(page.from, "from"));
  while (next !== null && occurrences.length < page.count) {
    occurrences.push({ nominalAt: iso(next), effectiveAt: iso(dueAt(next)), localTime: schedule.explain(next).localTime });
    next = schedule.next(next);
  }
  const nextFrom = next === null ? null : (occurrences.at(-1)?.nominalAt ?? null);
  return {
    description: schedule.describe(),
    timezone: schedule.timezone,
    // Only --json shows it, and working it out takes longer than all the rest.
    get tzVersion() {
      return tzVersion();
    },
    occurrences,
    nextFrom,
  };
}

/** What the API's explain answers. @throws ScheduleError */
export function explainLocally(local: LocalSchedule, at: string): Explanation {
  const { schedule } = readLocally(local);
  const atMs = parseInstant(at, "at");
  const [previous, next] = [schedule.previous(atMs), schedule.next(atMs)];
  const { fires, localTime, reasons } = schedule.explain(atMs);
  return {
    at: iso(atMs),
    localTime,
    fires,
    reasons,
    previous: previous === null ? null : iso(previous),
    next: next === null ? null : iso(next),
  };
}

/** What the API's lint answers. @throws ScheduleError */
export function lintLocally(local: LocalSchedule): LintResult {
  const { schedule, spec } = readLocally(local);
  return { description: schedule.describe(), findings: lintSchedule(spec, { hashSeed: local.seed }) };
}

/** What the API's diff answers. @throws ScheduleError */
export function diffLocally(before: LocalSchedule, after: LocalSchedule, page: { from?: string | undefined; count: number }): ScheduleDiff {
  const [old, fresh] = [readLocally(before).schedule, readLocally(after).schedule];
  const fromMs = page.from === undefined ? before.nowMs : parseInstant(page.from, "from");
  const { kept, lost, added } = diffSchedules(old, fresh, fromMs, page.count);
  return { before: old.describe(), after: fresh.describe(), kept: kept.map(iso), lost: lost.map(iso), added: added.map(iso) };
}

/** The schedule, and when each of its occurrences really starts. @throws ScheduleError */
export function readLocally({ fields, seed, nowMs }: LocalSchedule): {
  schedule: Schedule;
  spec: ScheduleSpec;
  dueAt(nominalMs: number): number;
} {
  // What is left is the parser's, but for `after`, which it passes over: when runs will end, no list of times can show.
  const { delay, spread, jitter, ...rest } = fields;
  const spec: ScheduleSpec = { ...rest };
  if (delay !== undefined) spec.runAt = iso(nowMs + parseDuration(delay, "delay"));
  if (lacksBeginning(rest)) spec.anchor = iso(nowMs);
  const schedule = parseSchedule(spec, { hashSeed: seed });
  const offsets = { seed, spreadMs: offsetMs("spread", spread), jitterMs: offsetMs("jitter", jitter) };
  return { schedule, spec, dueAt: (nominalMs) => effectiveTime(schedule, nominalMs, offsets) };
}

/** An interval, and a rule that does not say when it begins, begin when their job is made: for one that is only asked about, now. */
function lacksBeginning({ every, rrule, anchor, startAt }: ScheduleFields): boolean {
  if (anchor !== undefined) return false;
  return every !== undefined || (rrule !== undefined && startAt === undefined && !/^\s*DTSTART/im.test(rrule));
}

/** A one-time job fires even when its time has passed; a recurring one starts after now. */
function firstLook({ nowMs }: LocalSchedule, schedule: Schedule): number {
  return schedule.kind === "once" ? Number.NEGATIVE_INFINITY : nowMs;
}

function offsetMs(field: "spread" | "jitter", text: string | undefined): number {
  if (text === undefined) return 0;
  const ms = parseDuration(text, field);
  if (ms <= spreadMostMs) return ms;
  throw new ScheduleError("schedule_invalid", {
    field,
    found: text,
    expected: "at most 24h",
    remedy: "Use startAt or another pattern for more.",
  });
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
