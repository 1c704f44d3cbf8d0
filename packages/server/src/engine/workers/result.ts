import type { AfterCompletion, ToldOutcome } from "../../commands/workers/desk.ts";
import { type AttemptEnd, afterAttempt } from "../../model/after-attempt.ts";
import { shardOf } from "../../model/ids.ts";
import { retryPolicyOf } from "../../model/retry-policy.ts";
import type { AttemptResult, ClaimedRun } from "../../store/dispatching.ts";
import type { HeldLease } from "../../store/leasing.ts";
import type { CachedPlan } from "../plan-cache.ts";

export type ToldResult = AttemptResult & { next: AfterCompletion };

/**
 * What becomes of a run that somebody else did, by what they tell.
 *
 * @param attempt the run and the attempt they held it in
 * @param cached the run's plan; without one there is no policy, and no further attempt
 */
export function toldResult(
  run: HeldLease,
  attempt: { holder: number; attempt: number },
  told: ToldOutcome,
  cached: CachedPlan | undefined,
): ToldResult {
  const end = endOf(run, told);
  const sinceFirstMs = Math.max(0, run.now - (run.started_ms ?? run.held_ms));
  const policy = cached?.plan.retry ?? { ...retryPolicyOf(), attempts: 1 };
  return {
    shard: shardOf(run.run_id),
    runId: run.run_id,
    ...attempt,
    ...afterAttempt(end, { number: attempt.attempt, sinceFirstMs }, policy, Math.random()),
    resumes: cached?.plan.afterCompletionMs !== null,
    held: null,
    ...(run.worker !== null && { worker: run.worker }),
    evidence: {
      ...evidenceOf(told, end),
      startedMs: run.held_ms,
      durationMs: Math.max(0, run.now - run.held_ms),
      statusCode: run.worker === null ? 202 : null,
    },
  };
}

/** The end of a run whose deadline passed while it waited for a worker: an attempt of which nobody has seen anything, as when a node finds it so. */
export function tooLateResult(run: ClaimedRun, holder: number, { plan }: CachedPlan): AttemptResult {
  const failure = { failureClass: "timeout" as const, statusCode: null, retryAfterMs: null, retryForbidden: false, atDeadline: true };
  const sinceFirstMs = run.now - run.started_ms;
  return {
    ...{ shard: run.shard, runId: run.run_id, holder, attempt: run.attempt, held: null },
    ...afterAttempt({ kind: "failed", failure }, { number: run.attempt, sinceFirstMs }, plan.retry, Math.random()),
    resumes: plan.afterCompletionMs !== null,
    evidence: {
      ...{ outcome: "failed", failureClass: "timeout", mayHaveBeenSeen: false, statusCode: null, output: null, outputTruncated: false },
      ...{ error: "the run's deadline had passed before a worker took it", startedMs: run.now, durationMs: 0 },
    },
  };
}

/** The result of a lease that is over: kept as late evidence, if anything of it is new. It changes nothing, whatever `next` says. */
export function lateResult(
  late: { runId: string; holder: number; attempt: number; leasedMs: number; worker: string },
  told: ToldOutcome,
  nowMs: number,
): AttemptResult {
  const { runId, holder, attempt, leasedMs, worker } = late;
  const end: AttemptEnd = told.outcome === "cancelled" ? { kind: "cancelled", reason: "" } : endOfOutcome(told);
  return {
    ...{ shard: shardOf(runId), runId, holder, attempt, worker },
    ...{ next: "dead", delayMs: 0, reason: null, nextBecause: null, resumes: false, held: null },
    evidence: { ...evidenceOf(told, end), startedMs: leasedMs, durationMs: Math.max(0, nowMs - leasedMs), statusCode: null },
  };
}

/** A success counts even when its end was asked for meanwhile: the work is done. */
function endOf(run: HeldLease, told: ToldOutcome): AttemptEnd {
  if (told.outcome === "succeeded") return { kind: "succeeded" };
  if (run.cancel_reason !== null) return { kind: "cancelled", reason: run.cancel_reason };
  return told.outcome === "cancelled"
    ? { kind: "cancelled", reason: `cancelled by worker ${run.worker ?? ""}`.trim() }
    : endOfOutcome(told);
}

function endOfOutcome({ outcome, retryAfterMs, retryable }: ToldOutcome): AttemptEnd {
  if (outcome === "succeeded") return { kind: "succeeded" };
  return { kind: "failed", failure: { failureClass: "worker_error", statusCode: null, retryAfterMs, retryForbidden: !retryable } };
}

function evidenceOf(told: ToldOutcome, end: AttemptEnd) {
  return {
    outcome: end.kind,
    mayHaveBeenSeen: true,
    failureClass: end.kind === "succeeded" ? null : end.kind === "cancelled" ? ("cancelled" as const) : end.failure.failureClass,
    error: end.kind === "succeeded" ? null : (told.error ?? (end.kind === "cancelled" ? "cancelled" : "failed without a word")),
    output: told.output,
    outputTruncated: told.outputTruncated,
  };
}
