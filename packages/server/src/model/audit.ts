import type { AuditVerdict, RunState } from "@punctual/contract";
import type { JobDefinition, JobPlan } from "./job-definition.ts";
import { scheduleOf } from "./job-schedule.ts";
import { isTerminal } from "./run-states.ts";

/** A revision with the time it held: from exclusive, to inclusive (an edit first records what is due); no end while it is the current one. */
export type AuditedRevision = {
  revision: number;
  isActive: boolean;
  validFromMs: number;
  validToMs: number | null;
  definition: JobDefinition;
  plan: JobPlan;
};

/** A job as its revisions, oldest first, and where its cursor stands; null when it has none or is deleted. */
export type AuditedJob = { revisions: readonly AuditedRevision[]; cursorMs: number | null };

export type ExpectedOccurrence = { nominalMs: number; dueMs: number; revision: number; isCurrent: boolean };

/** A run of an occurrence as it is recorded. */
export type RecordedOccurrence = {
  nominalMs: number;
  runId: string;
  state: RunState;
  kind: string;
  reason: string | null;
  startedMs: number | null;
};

export type AuditedOccurrence = {
  nominalMs: number;
  verdict: AuditVerdict;
  revision: number | null;
  record: RecordedOccurrence | null;
  latenessMs: number | null;
};

export type AuditWindow = { fromMs: number; toMs: number; nowMs: number };

/** A cursor that stands at an occurrence for longer than this after it was due is nobody's doing but a fault's. */
const overdueMs = 60_000;
/** A job's first occurrence is computed a moment before the job is stored: one that falls between is fired and may be. */
const decidedBeforeMs = 60_000;

/**
 * The occurrences that a job's revisions call for in a window up to now, in order.
 *
 * A fixed delay calls for none: when its next occurrence is due depends on when its last run ended.
 *
 * @param limit at most this many
 * @returns `untilMs`: up to where (exclusive) the window was covered, less than its end when the limit was reached
 */
export function expectedOccurrences(
  job: AuditedJob,
  window: AuditWindow,
  limit: number,
): { occurrences: ExpectedOccurrence[]; untilMs: number } {
  const occurrences: ExpectedOccurrence[] = [];
  const endMs = Math.min(window.toMs, window.nowMs + 1);
  for (const [index, revision] of job.revisions.entries()) {
    if (!revision.isActive || revision.plan.afterCompletionMs !== null) continue;
    const isCurrent = revision.validToMs === null;
    const lastMs = Math.min(revision.validToMs ?? Number.POSITIVE_INFINITY, endMs - 1);
    const { schedule, dueAt } = revision.plan;
    const expect = (nominalMs: number): void =>
      void occurrences.push({ nominalMs, dueMs: dueAt(nominalMs), revision: revision.revision, isCurrent });
    const passed = oneTimeThatHadPassed(revision, job.revisions[index - 1]);
    if (passed !== null && passed >= window.fromMs && passed < endMs) expect(passed);
    let nominalMs = schedule.next(Math.max(revision.validFromMs, window.fromMs - 1));
    for (; nominalMs !== null && nominalMs <= lastMs; nominalMs = schedule.next(nominalMs)) {
      if (occurrences.length >= limit) return { occurrences: inOrder(occurrences), untilMs: nominalMs };
      expect(nominalMs);
    }
  }
  return { occurrences: inOrder(occurrences), untilMs: window.toMs };
}

/** A one-time job whose time had passed when its schedule was made runs at once, under its old time. */
function oneTimeThatHadPassed(revision: AuditedRevision, before: AuditedRevision | undefined): number | null {
  if (revision.definition.runAt === undefined) return null;
  const nominalMs = revision.plan.schedule.next(Number.NEGATIVE_INFINITY);
  const isNew = before === undefined || !sameSchedule(revision, before);
  return isNew && nominalMs !== null && nominalMs <= revision.validFromMs ? nominalMs : null;
}

/** By their texts: a schedule is stored with its fields in one order. */
function sameSchedule(a: AuditedRevision, b: AuditedRevision): boolean {
  const textOf = ({ definition }: AuditedRevision): string => JSON.stringify([scheduleOf(definition), definition.maxRuns]);
  return textOf(a) === textOf(b);
}

/** In order of time, each once: a one-time job that was edited calls for the same occurrence again. */
function inOrder(occurrences: ExpectedOccurrence[]): ExpectedOccurrence[] {
  const byTime = new Map(occurrences.map((occurrence) => [occurrence.nominalMs, occurrence]));
  return [...byTime.values()].sort((a, b) => a.nominalMs - b.nominalMs);
}

/** What became of each expected occurrence, and what is recorded without being expected. */
export function compareOccurrences(
  job: AuditedJob,
  expected: readonly ExpectedOccurrence[],
  recorded: readonly RecordedOccurrence[],
  { fromMs, nowMs }: Pick<AuditWindow, "fromMs" | "nowMs">,
): AuditedOccurrence[] {
  const records = new Map<number, RecordedOccurrence>();
  const audited: AuditedOccurrence[] = [];
  for (const record of recorded) {
    if (records.has(record.nominalMs)) audited.push({ ...found(job, record, "doubled"), latenessMs: null });
    else records.set(record.nominalMs, record);
  }
  const ends = endsOfLimited(job, records, fromMs);
  for (const occurrence of expected) {
    const record = records.get(occurrence.nominalMs);
    if (record) audited.push(judge(record, occurrence));
    else if (!isAfterItsLast(occurrence, ends)) audited.push(unrecorded(occurrence, job.cursorMs, nowMs));
    records.delete(occurrence.nominalMs);
  }
  for (const record of records.values()) {
    if (record.kind === "scheduled") audited.push(found(job, record, mayBe(job, record.nominalMs) ? verdictOf(record) : "unexpected"));
  }
  return audited.sort((a, b) => a.nominalMs - b.nominalMs);
}

function judge(record: RecordedOccurrence, { nominalMs, dueMs, revision }: ExpectedOccurrence): AuditedOccurrence {
  const latenessMs = record.startedMs === null ? null : record.startedMs - dueMs;
  const isEarly = record.startedMs !== null && record.startedMs < nominalMs;
  return { nominalMs, verdict: isEarly ? "early" : verdictOf(record), revision, record, latenessMs };
}

function verdictOf({ state }: RecordedOccurrence): AuditVerdict {
  if (state === "skipped") return "skipped";
  return isTerminal(state) ? "ran" : "live";
}

function unrecorded(
  { nominalMs, dueMs, revision, isCurrent }: ExpectedOccurrence,
  cursorMs: number | null,
  nowMs: number,
): AuditedOccurrence {
  const stands = isCurrent && cursorMs !== null && cursorMs <= nominalMs;
  const verdict = !stands ? "missing" : nowMs - dueMs > overdueMs ? "overdue" : "pending";
  return { nominalMs, verdict, revision, record: null, latenessMs: null };
}

function found(job: AuditedJob, record: RecordedOccurrence, verdict: AuditVerdict): AuditedOccurrence {
  const { nominalMs } = record;
  const revision = job.revisions.find((each) => each.validFromMs < nominalMs && nominalMs <= (each.validToMs ?? Number.POSITIVE_INFINITY));
  return { nominalMs, verdict, revision: revision?.revision ?? null, record, latenessMs: null };
}

/** Whether a record that was not recomputed is in order all the same: of a fixed delay, or from the moment in which its revision was made. */
function mayBe(job: AuditedJob, nominalMs: number): boolean {
  return job.revisions.some(({ isActive, validFromMs, validToMs, plan }) => {
    if (!isActive || nominalMs > (validToMs ?? Number.POSITIVE_INFINITY) || nominalMs <= validFromMs - decidedBeforeMs) return false;
    return plan.afterCompletionMs !== null || (nominalMs <= validFromMs && plan.schedule.next(nominalMs - 1) === nominalMs);
  });
}

/**
 * By revision with `maxRuns` that has come to its end: the last occurrence it recorded, after which nothing is expected. When its whole count lies in the
 * window and falls short, it has not come to its end, and what lacks is missing.
 */
function endsOfLimited(job: AuditedJob, records: ReadonlyMap<number, RecordedOccurrence>, fromMs: number): Map<number, number> {
  const ends = new Map<number, number>();
  // Most jobs have none, and going through the records of each revision is what an audit would spend its time on.
  if (job.revisions.every(({ plan }) => plan.maxRuns === null)) return ends;
  let count = { sinceMs: Number.NEGATIVE_INFINITY, counted: 0 };
  for (const [index, revision] of job.revisions.entries()) {
    const before = job.revisions[index - 1];
    if (before === undefined || !sameSchedule(revision, before)) count = { sinceMs: revision.validFromMs, counted: 0 };
    const { plan, validFromMs, validToMs } = revision;
    const held = [...records.values()].filter(({ nominalMs: ms }) => ms > validFromMs && ms <= (validToMs ?? Number.POSITIVE_INFINITY));
    count.counted += held.filter(({ state, reason }) => state !== "skipped" || reason !== "misfire").length;
    const hasEnded = validToMs !== null || job.cursorMs === null;
    if (plan.maxRuns === null || !hasEnded) continue;
    if (count.sinceMs >= fromMs && count.counted < plan.maxRuns) continue;
    ends.set(revision.revision, Math.max(Number.NEGATIVE_INFINITY, ...held.map(({ nominalMs }) => nominalMs)));
  }
  return ends;
}

function isAfterItsLast({ nominalMs, revision }: ExpectedOccurrence, ends: ReadonlyMap<number, number>): boolean {
  const end = ends.get(revision);
  return end !== undefined && nominalMs > end;
}
