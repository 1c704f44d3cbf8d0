import { formatDuration } from "@punctual/schedule";
import { type AttemptEnd, afterAttempt } from "../model/after-attempt.ts";
import { retryPolicyOf } from "../model/retry-policy.ts";
import type { AttemptResult } from "../store/dispatching.ts";
import type { ExpiredLease } from "../store/expiring.ts";
import type { CachedPlan } from "./plan-cache.ts";

/**
 * What becomes of a run whose lease is over: its end if that was asked for; else the attempt timed out or, before its maximum run time, is lost with its worker.
 *
 * A beat that comes between the look and this is answered as if the lease went on, and is lost all the same: the next one tells.
 *
 * @param cached the run's plan; without one there is no policy, and no further attempt
 */
export function expiredResult(run: ExpiredLease, cached: CachedPlan | undefined): AttemptResult {
  const { end, error } = endOf(run);
  const policy = cached?.plan.retry ?? { ...retryPolicyOf(), attempts: 1 };
  const sinceFirstMs = Math.max(0, run.now - (run.started_ms ?? run.held_ms));
  return {
    shard: run.shard,
    runId: run.run_id,
    holder: run.holder,
    attempt: run.attempt,
    ...afterAttempt(end, { number: run.attempt, sinceFirstMs }, policy, Math.random()),
    resumes: cached?.plan.afterCompletionMs !== null,
    held: null,
    ...(run.worker !== null && { worker: run.worker }),
    evidence: {
      outcome: end.kind,
      mayHaveBeenSeen: true,
      startedMs: run.held_ms,
      durationMs: Math.max(0, run.now - run.held_ms),
      failureClass: end.kind === "cancelled" ? "cancelled" : end.kind === "succeeded" ? null : end.failure.failureClass,
      statusCode: run.worker === null ? 202 : null,
      error,
      output: null,
      outputTruncated: false,
    },
  };
}

function endOf(run: ExpiredLease): { end: AttemptEnd; error: string } {
  const failure = { statusCode: null, retryAfterMs: null, retryForbidden: false };
  const who = run.worker === null ? "the target" : `worker ${run.worker}`;
  const took = formatDuration(Math.max(1, Math.round(run.now - run.held_ms)));
  if (run.cancel_reason !== null)
    return { end: { kind: "cancelled", reason: run.cancel_reason }, error: `cancelled; ${who} did not say how far it came` };
  if (!run.over)
    return { end: { kind: "lost", failure: { ...failure, failureClass: "lost" } }, error: `the lease of ${who} ended; it may have acted` };
  return {
    end: { kind: "failed", failure: { ...failure, failureClass: "timeout" } },
    error: `${who} did not complete the run within its maximum run time; given up after ${took}`,
  };
}
