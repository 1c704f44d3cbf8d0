import { decideRetry, type Failure } from "./retry.ts";
import { runTransitions } from "./run-states.ts";

/** How an attempt ended: by itself, by a person's wish, or with the node that made it. */
export type AttemptEnd = { kind: "succeeded" } | { kind: "cancelled"; reason: string } | { kind: "failed" | "lost"; failure: Failure };

const { running } = runTransitions;

/** What a run may become after an attempt. */
export type AfterAttempt = {
  next: (typeof running)["succeed" | "fail" | "give_up" | "cancel"];
  /** Until the retry, in ms; 0 for an end. */
  delayMs: number;
  reason: string | null;
};

/**
 * What becomes of a run whose attempt has ended.
 *
 * @param attempt the attempt, from 1
 * @param attempts how many tries there are in all
 * @param random uniform in [0, 1), for the retry's jitter
 */
export function afterAttempt(end: AttemptEnd, attempt: number, attempts: number, random: number): AfterAttempt {
  if (end.kind === "succeeded") return { next: running.succeed, delayMs: 0, reason: null };
  if (end.kind === "cancelled") return { next: running.cancel, delayMs: 0, reason: end.reason };
  const decision = decideRetry(end.failure, attempt, attempts, random);
  if (decision.retry) return { next: end.kind === "lost" ? running.lose : running.fail, delayMs: decision.delayMs, reason: null };
  const reason = decision.because === "not_retryable" ? "the failure is one that a retry cannot heal" : "all attempts failed";
  return { next: running.give_up, delayMs: 0, reason };
}
