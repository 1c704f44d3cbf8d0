import type { FailureClass } from "@punctual/contract";

/** Backoff (ceiling before jitter): 5 s, 15 s, 45 s, 2 min 15 s, 6 min 45 s, 20 min 15 s, then 1 h. */
const baseMs = 5_000;
const factor = 3;
const capMs = 3_600_000;
/** Below this a "retry" would be a burst. */
const floorMs = 1_000;
/** What a target may ask for with Retry-After; longer wishes are cut, so that no target can park a run for years. */
const retryAfterCapMs = 24 * 3_600_000;

export const defaultAttempts = 6;

export type Failure = { failureClass: FailureClass; statusCode: number | null; retryAfterMs: number | null };

export type RetryDecision =
  | { retry: true; delayMs: number; because: "backoff" | "retry_after" }
  | { retry: false; because: "attempts_used_up" | "not_retryable" };

/** Failures that another try may heal: the network, an overloaded or broken target, a lost node. */
const retryableClasses: ReadonlySet<FailureClass> = new Set([
  "timeout",
  "connection_refused",
  "connection_reset",
  "dns",
  "tls",
  "lost",
  "internal",
]);

export function isRetryable(failure: Failure): boolean {
  if (failure.failureClass !== "http_status") return retryableClasses.has(failure.failureClass);
  const status = failure.statusCode ?? 0;
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

/**
 * Whether and when a failed attempt is followed by another: exponential with full jitter (uniform between the floor and the ceiling, which spreads a herd
 * of failures best), or what the target asked for with Retry-After, if that is later.
 *
 * @param attempt the attempt that failed, from 1
 * @param attempts how many tries there are in all
 * @param random uniform in [0, 1): passed in, as this room knows no randomness
 */
export function decideRetry(failure: Failure, attempt: number, attempts: number, random: number): RetryDecision {
  if (!isRetryable(failure)) return { retry: false, because: "not_retryable" };
  if (attempt >= attempts) return { retry: false, because: "attempts_used_up" };
  const ceilingMs = Math.min(capMs, baseMs * factor ** (attempt - 1));
  const delayMs = Math.round(floorMs + random * (ceilingMs - floorMs));
  const askedMs = Math.min(retryAfterCapMs, failure.retryAfterMs ?? 0);
  return askedMs > delayMs ? { retry: true, delayMs: askedMs, because: "retry_after" } : { retry: true, delayMs, because: "backoff" };
}
