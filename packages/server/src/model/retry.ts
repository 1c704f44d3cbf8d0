import type { FailureClass, NextReason } from "@punctual/contract";

/** Below this a "retry" would be a burst. */
const floorMs = 1_000;
/** What a target may ask for with Retry-After; longer wishes are cut, so that no target can park a run for years. */
const retryAfterCapMs = 24 * 3_600_000;
const gone = 410;

/** When and how often a job's failed attempts are followed by others; parsed, defaults filled in (`retry-policy.ts`). */
export type RetryPolicy = {
  /** Tries in all. */
  attempts: number;
  /** Ceilings of the delays in ms, after the first failure, the second, ...; the last one goes on. Or the rule that makes them. */
  backoff: readonly number[] | { kind: "exponential" | "linear" | "fixed"; baseMs: number; factor: number; capMs: number };
  /** full: uniform between a second and the ceiling, which spreads a herd of failures best. */
  jitter: "full" | "none";
  /** No attempt begins or goes on later than this after the first one began; null for no such bound. */
  deadlineMs: number | null;
  classes: ReadonlySet<FailureClass>;
  /** Single codes, and whole classes of them as `4xx` and `5xx`. */
  statusCodes: ReadonlySet<number | string>;
};

/** What is known of a failure. */
export type Failure = {
  failureClass: FailureClass;
  statusCode: number | null;
  retryAfterMs: number | null;
  /** The other side declared that another try is of no use. */
  retryForbidden: boolean;
  /** The run's deadline stopped it, before its own time limit did. */
  atDeadline?: boolean;
};

/** An attempt that has failed: its number, from 1, and for how long the run's deadline has been counting: since its first attempt, or a retry by hand. */
export type FailedAttempt = { number: number; sinceFirstMs: number };

export type RetryDecision =
  | { retry: true; delayMs: number; because: Extract<NextReason, "backoff" | "retry_after"> }
  | { retry: false; because: Exclude<NextReason, "backoff" | "retry_after"> };

/**
 * Whether and when a failed attempt is followed by another: after the policy's backoff, or after what the target asked for with Retry-After (at most a
 * day), if that is later.
 *
 * @param random uniform in [0, 1): passed in, as this room knows no randomness
 */
export function decideRetry(failure: Failure, failed: FailedAttempt, policy: RetryPolicy, random: number): RetryDecision {
  const refusal = refusalOf(failure, policy);
  // Also when timeouts are not retried, or it was the last attempt: what stopped it was not its own time limit.
  if (failure.atDeadline) return { retry: false, because: "deadline" };
  if (refusal !== null) return { retry: false, because: refusal };
  if (failed.number >= policy.attempts) return { retry: false, because: "attempts_used_up" };
  const backoffMs = delayAfter(failed.number, policy, random);
  const askedMs = Math.min(retryAfterCapMs, failure.retryAfterMs ?? 0);
  const delayMs = Math.max(backoffMs, askedMs);
  if (policy.deadlineMs !== null && failed.sinceFirstMs + delayMs > policy.deadlineMs) return { retry: false, because: "deadline" };
  return { retry: true, delayMs, because: askedMs > backoffMs ? "retry_after" : "backoff" };
}

/**
 * How long an attempt that begins now may take: the job's timeout, or what is left of the run's deadline when that is less. 0 or less: the deadline has passed,
 * and the attempt must not begin.
 *
 * @param sinceFirstMs for how long the run's deadline has been counting; 0 for its first attempt
 */
export function attemptLimitMs({ timeoutMs, retry }: { timeoutMs: number; retry: RetryPolicy }, sinceFirstMs: number): number {
  return Math.min(timeoutMs, (retry.deadlineMs ?? Number.POSITIVE_INFINITY) - sinceFirstMs);
}

/** Why no attempt may follow this failure, however many are left; null when one may. */
function refusalOf(
  { failureClass, statusCode, retryForbidden }: Failure,
  policy: RetryPolicy,
): "refused" | "gone" | "not_retryable" | null {
  if (retryForbidden) return "refused";
  if (failureClass !== "http_status") return policy.classes.has(failureClass) ? null : "not_retryable";
  const code = statusCode ?? 0;
  if (policy.statusCodes.has(code)) return null;
  // Only its own number makes 410 retried: whoever writes 4xx does not think of the one status that says "never again".
  if (code === gone) return "gone";
  return policy.statusCodes.has(`${Math.floor(code / 100)}xx`) ? null : "not_retryable";
}

function delayAfter(attempt: number, { backoff, jitter }: RetryPolicy, random: number): number {
  const ceilingMs = ceilingAfter(attempt, backoff);
  return Math.round(jitter === "none" ? ceilingMs : floorMs + random * (ceilingMs - floorMs));
}

function ceilingAfter(attempt: number, backoff: RetryPolicy["backoff"]): number {
  if (!("kind" in backoff)) return backoff[Math.min(attempt, backoff.length) - 1] ?? floorMs;
  const { kind, baseMs, factor, capMs } = backoff;
  if (kind === "fixed") return baseMs;
  return Math.min(capMs, kind === "linear" ? baseMs * attempt : baseMs * factor ** (attempt - 1));
}
