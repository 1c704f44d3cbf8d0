import type { NextReason } from "@punctual/contract";
import { decideRetry, type Failure, type RetryDecision, type RetryPolicy } from "./retry.ts";
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
  /** Why another attempt follows a failure, and when it does, or why none does; null when none was failed. */
  nextBecause: NextReason | null;
};

const deadReasons = {
  not_retryable: "the failure is one that a retry cannot heal",
  attempts_used_up: "all attempts failed",
  deadline: "the run's deadline came before another attempt could",
  refused: "the target said that another attempt is of no use",
  gone: "the target is gone (410)",
} as const satisfies Record<Extract<RetryDecision, { retry: false }>["because"], string>;

/**
 * What becomes of a run whose attempt has ended.
 *
 * @param attempt its number, from 1, and for how long the run's deadline had been counting at its end
 * @param random uniform in [0, 1), for the retry's jitter
 */
export function afterAttempt(
  end: AttemptEnd,
  attempt: { number: number; sinceFirstMs: number },
  policy: RetryPolicy,
  random: number,
): AfterAttempt {
  if (end.kind === "succeeded") return { next: running.succeed, delayMs: 0, reason: null, nextBecause: null };
  if (end.kind === "cancelled") return { next: running.cancel, delayMs: 0, reason: end.reason, nextBecause: null };
  const decision = decideRetry(end.failure, attempt, policy, random);
  const nextBecause = decision.because;
  if (!decision.retry) return { next: running.give_up, delayMs: 0, reason: deadReasons[decision.because], nextBecause };
  return { next: end.kind === "lost" ? running.lose : running.fail, delayMs: decision.delayMs, reason: null, nextBecause };
}
