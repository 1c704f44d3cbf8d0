import type { Attempt, Run, RunWithAttempts } from "@punctual/contract";
import type { Io } from "../io.ts";
import { paint, paintStatus } from "./paint.ts";
import { safeText } from "./safe.ts";
import { fieldsText, tableText } from "./table.ts";
import { exactText, lengthText, whenText } from "./when.ts";

/** A run in full, a field a line, then its attempts. */
export async function runText(io: Io, run: Run | RunWithAttempts): Promise<string> {
  const now = io.nowMs();
  const fields = fieldsText(io, [
    ["run", run.runId],
    ["job", `${run.jobId}, revision ${run.revision}`],
    ["status", `${paintStatus(io, run.status)}${run.reason === null ? "" : `: ${safeText(run.reason)}`}`],
    ["held", run.held === null ? null : heldWords[run.held]],
    ["queue", run.queue],
    ["worker", run.worker === null ? null : safeText(run.worker)],
    [run.worker === null ? "to be completed" : "leased", run.leaseUntil === null ? null : `until ${whenText(run.leaseUntil, now)}`],
    ["progress", run.progress === null ? null : progressText(run.progress)],
    ["kind", run.rerunOf === null ? run.kind : `${run.kind}, again of ${run.rerunOf}`],
    ["nominal time", whenText(run.nominalAt, now)],
    [
      "started",
      run.startedAt === null ? null : `${exactText(run.startedAt)}${run.lagMs === null ? "" : `, ${lengthText(run.lagMs)} late`}`,
    ],
    ["finished", run.finishedAt === null ? null : whenText(run.finishedAt, now)],
    ["next attempt", run.nextAttemptAt === null ? null : whenText(run.nextAttemptAt, now)],
    ["target", "targetMayHaveSeen" in run ? seenText(run) : null],
  ]);
  return "attempts" in run && run.attempts.length > 0
    ? `${fields}\n${await attemptTable(io, run.attempts)}${outputText(io, run.attempts)}`
    : fields;
}

/** Why a waiting run waits, when not for its retry. */
const heldWords: { readonly [why in NonNullable<Run["held"]>]: string } = {
  breaker: "its target is down: it begins when that is back, and has spent no attempt",
  overlap: "for a run of its job that is not over",
  retry_budget: "its target has had its share of retries for now",
};

function progressText({ percent, message }: NonNullable<Run["progress"]>): string {
  return [percent === null ? null : `${percent} %`, message === null ? null : safeText(message)].filter((part) => part !== null).join(", ");
}

/** Only of an ended run that did not succeed: of the others it is plain, or open. */
function seenText({ status, finishedAt, targetMayHaveSeen }: RunWithAttempts): string | null {
  if (finishedAt === null || status === "succeeded" || targetMayHaveSeen === null) return null;
  return targetMayHaveSeen ? "may have acted" : "has seen nothing of it";
}

/** Runs as a table. */
export function runTable(io: Io, runs: readonly Run[]): Promise<string> {
  const now = io.nowMs();
  return tableText(
    io,
    ["run", "job", "status", "nominal time", "attempt", "lag", "reason"],
    runs.map((run) => [
      run.runId,
      run.jobId,
      paintStatus(io, run.status),
      whenText(run.nominalAt, now),
      String(run.attempt),
      run.lagMs === null ? "" : lengthText(run.lagMs),
      safeText([run.reason, failureText(run)].filter((part) => part !== null).join("; ")),
    ]),
  );
}

/** `http_status 503`; null when its last attempt did not fail. */
function failureText({ failureClass, statusCode }: Run): string | null {
  return failureClass === null || statusCode === null ? failureClass : `${failureClass} ${statusCode}`;
}

export function attemptTable(io: Io, attempts: readonly Attempt[]): Promise<string> {
  return tableText(
    io,
    ["attempt", "outcome", "started", "took", "answer"],
    attempts.map((attempt) => [
      String(attempt.attempt),
      `${paintStatus(io, attempt.outcome)}${attempt.late ? " (late)" : ""}`,
      exactText(attempt.startedAt),
      lengthText(attempt.durationMs),
      answerText(attempt),
    ]),
  );
}

function answerText({ statusCode, failureClass, error }: Attempt): string {
  const parts = [statusCode === null ? null : String(statusCode), failureClass, error === null ? null : safeText(error)];
  return parts.filter((part) => part !== null).join(" ");
}

/** What the last attempt's target said; the earlier ones are in `--json`. */
export function outputText(io: Io, attempts: readonly Attempt[]): string {
  const last = attempts.at(-1);
  if (last === undefined || last.output === null || last.output === "") return "";
  const cut = last.outputTruncated ? `\n${paint(io, "yellow", "(cut; the target said more)")}` : "";
  return `\n${paint(io, "bold", "output of the last attempt")}\n${safeText(last.output)}${cut}\n`;
}
