import type { ExplainVerdict } from "@punctual/contract";
import { formatDuration } from "@punctual/schedule";
import {
  type AuditedJob,
  type AuditedOccurrence,
  type AuditedRevision,
  compareOccurrences,
  expectedOccurrences,
  type RecordedOccurrence,
} from "./audit.ts";

/** What became of a job at one instant, and why; `because` has a sentence for each thing that was looked at. */
export type ExplainedOccurrence = {
  verdict: ExplainVerdict;
  because: string[];
  /** In force at the instant; null before the job was created and after it was deleted. */
  revision: AuditedRevision | null;
  record: RecordedOccurrence | null;
  latenessMs: number | null;
};

/**
 * Explains one instant of a job by its revisions and by what is recorded at it.
 *
 * @param recorded the records whose nominal time is `atMs`
 * @param pauseReason of the current revision, when it is paused
 */
export function explainOccurrence(
  job: AuditedJob,
  recorded: readonly RecordedOccurrence[],
  { atMs, nowMs }: { atMs: number; nowMs: number },
  pauseReason: string | null,
): ExplainedOccurrence {
  const window = { fromMs: atMs, toMs: atMs + 1, nowMs };
  const { occurrences: expected } = expectedOccurrences(job, window, 2);
  const audited = compareOccurrences(job, expected, recorded, window);
  const found = audited.find(({ verdict }) => verdict === "doubled") ?? audited[0];
  const revision = job.revisions.find((each) => holdsAt(each, atMs)) ?? null;
  if (found) return { ...found, because: wordsOf(found, nowMs), revision: revisionOf(job, found) ?? revision };
  const nothing = { revision, record: null, latenessMs: null };
  if (expected.length > 0) return { ...nothing, verdict: "ended", because: [usedUp(revision)] };
  return { ...nothing, ...whyNone(job, revision, { atMs, nowMs }, pauseReason) };
}

const holdsAt = ({ validFromMs, validToMs }: AuditedRevision, ms: number): boolean =>
  validFromMs < ms && ms <= (validToMs ?? Number.POSITIVE_INFINITY);

function revisionOf(job: AuditedJob, { revision }: AuditedOccurrence): AuditedRevision | undefined {
  return job.revisions.find((each) => each.revision === revision);
}

/** Why nothing was to happen at this instant, or not yet. */
function whyNone(
  { revisions, cursorMs }: AuditedJob,
  revision: AuditedRevision | null,
  { atMs, nowMs }: { atMs: number; nowMs: number },
  pauseReason: string | null,
): { verdict: ExplainVerdict; because: string[] } {
  const [first, last] = [revisions[0], revisions.at(-1)];
  if (first && atMs <= first.validFromMs)
    return { verdict: "not_created", because: [`The job was created later, at ${time(first.validFromMs)}.`] };
  if (revision === null) return { verdict: "deleted", because: [`The job was deleted at ${time(last?.validToMs ?? nowMs)}.`] };
  const isCurrent = revision.validToMs === null;
  if (!revision.isActive) {
    const since = `The job was paused at ${time(revision.validFromMs)}`;
    const until = revision.validToMs === null ? "and still is" : `until ${time(revision.validToMs)}`;
    return { verdict: "paused", because: [`${since} ${until}${isCurrent && pauseReason !== null ? `: ${pauseReason}` : ""}.`] };
  }
  const { plan } = revision;
  if (plan.afterCompletionMs !== null) return whyNoFixedDelay(isCurrent && cursorMs === atMs, plan.afterCompletionMs);
  if (plan.schedule.next(atMs - 1) !== atMs) {
    const isOver = plan.schedule.next(atMs) === null;
    const text = "The schedule of the revision in force has no occurrence at this time.";
    return { verdict: isOver ? "ended" : "not_in_schedule", because: isOver ? [text, "It has none after it either."] : [text] };
  }
  if (atMs <= nowMs) return { verdict: "not_in_schedule", because: ["The job was created or changed in that very moment."] };
  if (isCurrent && cursorMs === null) return { verdict: "ended", because: [usedUp(revision)] };
  const before = plan.maxRuns === null ? [] : [`Unless its maxRuns of ${plan.maxRuns} is used up by then.`];
  return { verdict: "to_come", because: ["The time is yet to come, and it is an occurrence of the current schedule.", ...before] };
}

function whyNoFixedDelay(isNext: boolean, delayMs: number): { verdict: ExplainVerdict; because: string[] } {
  const law = `The job runs ${formatDuration(delayMs)} after the end of its last run, not at fixed times.`;
  if (isNext) return { verdict: "to_come", because: [law, "This is its next occurrence."] };
  return { verdict: "not_in_schedule", because: [law, "Nothing is recorded at this time."] };
}

function usedUp(revision: AuditedRevision | null): string {
  const maxRuns = revision?.plan.maxRuns ?? null;
  return maxRuns === null ? "The job had come to its end." : `Its maxRuns of ${maxRuns} was used up before.`;
}

function wordsOf({ verdict, record, latenessMs }: AuditedOccurrence, nowMs: number): string[] {
  const late = latenessMs === null ? [] : [`Its first attempt began ${howLate(latenessMs)}.`];
  switch (verdict) {
    case "ran":
      return [`It ran, and ${endWords[record?.state ?? ""] ?? "ended"}${record?.reason ? `: ${record.reason}` : ""}.`, ...late];
    case "live":
      return ["Its run has not ended.", ...late];
    case "skipped":
      return [`It was skipped: ${skipWords[record?.reason ?? ""] ?? record?.reason ?? "no reason is recorded"}.`];
    case "pending":
      return [`It is due just now, at ${time(nowMs)}, and about to be fired.`];
    case "overdue":
      return ["It is due and has not been fired, for more than a minute. The job's cursor still stands at it, so that it is not lost."];
    case "missing":
      return ["It was expected and nothing is recorded of it: it was missed, or its history is past its retention."];
    case "early":
      return ["Its first attempt began before its time.", ...late];
    case "doubled":
      return ["It is recorded twice."];
    case "unexpected":
      return ["It is recorded, and no revision of the job called for it."];
  }
}

const endWords: { [state: string]: string } = {
  succeeded: "succeeded",
  dead: "used up its attempts",
  cancelled: "was cancelled",
};

const skipWords: { [reason: string]: string } = {
  "skipped after a restore": "a person decided so after a restore of the database",
  misfire: "it came due while nothing could fire, and the job's misfire policy runs other occurrences or none",
  overlap: "another run of the job had not ended, and its runs must not overlap",
};

function howLate(latenessMs: number): string {
  if (latenessMs < 0) return `${formatDuration(Math.ceil(-latenessMs))} early`;
  return latenessMs < 1 ? "on time" : `${formatDuration(Math.round(latenessMs))} late`;
}

const time = (ms: number): string => new Date(ms).toISOString();
