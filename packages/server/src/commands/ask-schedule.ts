import { diffSchedules as diff, lintSchedule as lint, type Schedule, tzVersion } from "@punctual/schedule";
import {
  acceptInstant,
  acceptSchedule,
  asFault,
  describedSchedule,
  firstLook,
  parserSpec,
  planSchedule,
  within,
} from "../model/job-schedule.ts";
import { readClock } from "../store/clock.ts";
import type { Operation } from "./operation.ts";
import { instant, instantOrNull } from "./views.ts";

const defaultCount = 10;

export const previewSchedule: Operation<"previewSchedule"> = async (context, { body }) => {
  const { from, count = defaultCount, seed = "", ...fields } = body;
  const nowMs = await readClock(context.db);
  const stored = acceptSchedule(fields, nowMs, seed);
  const { dueAt } = planSchedule(stored, seed);
  const schedule = describedSchedule(stored, seed);
  const occurrences = [];
  let next = schedule.next(from === undefined ? firstLook(stored, nowMs) : acceptInstant(from, "/from"));
  while (next !== null && occurrences.length < count) {
    occurrences.push({ nominalAt: instant(next), effectiveAt: instant(dueAt(next)), localTime: schedule.explain(next).localTime });
    next = schedule.next(next);
  }
  return {
    status: 200,
    body: {
      description: schedule.describe(),
      timezone: schedule.timezone,
      tzVersion: tzVersion(),
      occurrences,
      nextFrom: next === null ? null : (occurrences.at(-1)?.nominalAt ?? null),
    },
  };
};

export const explainSchedule: Operation<"explainSchedule"> = async (context, { body }) => {
  const { at, seed = "", ...fields } = body;
  const atMs = acceptInstant(at, "/at");
  const schedule = describedSchedule(acceptSchedule(fields, await readClock(context.db), seed), seed);
  const { fires, localTime, reasons } = schedule.explain(atMs);
  return {
    status: 200,
    body: {
      at: instant(atMs),
      localTime,
      fires,
      reasons: reasons.map(({ part, holds, text }) => ({ part, holds, text })),
      previous: instantOrNull(schedule.previous(atMs)),
      next: instantOrNull(schedule.next(atMs)),
    },
  };
};

export const lintSchedule: Operation<"lintSchedule"> = async (context, { body }) => {
  const { seed = "", ...fields } = body;
  const stored = acceptSchedule(fields, await readClock(context.db), seed);
  const findings = asFault(() => lint(parserSpec(stored), { hashSeed: seed }));
  return { status: 200, body: { description: describedSchedule(stored, seed).describe(), findings } };
};

export const diffSchedules: Operation<"diffSchedules"> = async (context, { body }) => {
  const { from, count = defaultCount, seed = "" } = body;
  const nowMs = await readClock(context.db);
  const [before, after] = (["before", "after"] as const).map((side) =>
    within(`/${side}`, () => describedSchedule(acceptSchedule(body[side], nowMs, seed), seed)),
  ) as [Schedule, Schedule];
  const { kept, lost, added } = diff(before, after, from === undefined ? nowMs : acceptInstant(from, "/from"), count);
  return {
    status: 200,
    body: {
      before: before.describe(),
      after: after.describe(),
      kept: kept.map(instant),
      lost: lost.map(instant),
      added: added.map(instant),
    },
  };
};
