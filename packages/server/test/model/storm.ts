import {
  allowedBy,
  firstProbeMs,
  isAtFullPace,
  isFailing,
  noOutcomes,
  spaceProbe,
  watchRecovery,
  watchWell,
  withOutcome,
} from "../../src/model/breaker.ts";
import { decideRetry } from "../../src/model/retry.ts";
import { askForRetry, earn, newBudget } from "../../src/model/retry-budget.ts";
import { retryPolicyOf } from "../../src/model/retry-policy.ts";

/**
 * A storm as the model's own rules make it, event by event: 2,000 runs a minute go to one target, which refuses every connection for five minutes. One node, slots
 * without bound, so that nothing but retries, budget and breaker shapes what the target gets.
 */
export const storm = { runsPerMinute: 2_000, downFromS: 60, upFromS: 360, endS: 1_500 };

export type StormResult = {
  /** Requests that the target got, by second. */
  requests: number[];
  /** Those of them that met a target that was down. */
  wasted: number;
  attempts: number;
  dead: number;
  succeeded: number;
  /** Runs that fired while the target was down and succeeded: the second in which the last of them did. */
  caughtUpS: number;
  /** Of runs that fired after the target was up again: the longest wait, in ms. */
  longestLiveWaitMs: number;
};

type Run = { firedMs: number; attempt: number };
const tickMs = 100;
const refusedMs = 10;
const refused = { failureClass: "connection_refused", statusCode: null, retryAfterMs: null, retryForbidden: false } as const;

/** A seeded generator (mulberry32), so that the chart is the same every time. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function simulateStorm(withBreaker: boolean): StormResult {
  const random = createRandom(1);
  const policy = retryPolicyOf();
  const { runsPerMinute, downFromS, upFromS, endS } = storm;
  const result: StormResult = {
    requests: Array.from({ length: endS }, () => 0),
    wasted: 0,
    attempts: 0,
    dead: 0,
    succeeded: 0,
    caughtUpS: 0,
    longestLiveWaitMs: 0,
  };
  /** By tick: what is due then. */
  const due = new Map<number, Run[]>();
  const held: Run[] = [];
  let state: "closed" | "open" | "recovering" = "closed";
  let window = noOutcomes;
  let budget = newBudget(0);
  let [probeMs, probeEveryMs, healedMs, owed, countedMs] = [0, 0, 0, 0, 0];

  const later = (run: Run, atMs: number): void => {
    const tick = Math.ceil(atMs / tickMs);
    due.set(tick, [...(due.get(tick) ?? []), run]);
  };
  const open = (nowMs: number): void => {
    if (state === "closed") probeEveryMs = firstProbeMs;
    state = "open";
    window = noOutcomes;
    probeMs = nowMs + probeEveryMs;
  };
  const heal = (nowMs: number): void => {
    [state, window, healedMs, owed, countedMs] = ["recovering", noOutcomes, nowMs, 0, 0];
  };
  const observe = (isGood: boolean, nowMs: number): void => {
    if (!withBreaker) return;
    const watch = state === "closed" ? watchWell : watchRecovery;
    if (state === "open") {
      if (isGood) heal(nowMs);
      return;
    }
    window = withOutcome(window, isGood ? "good" : "bad", nowMs, watch);
    if (!isGood && isFailing(window, watch)) open(nowMs);
  };
  const attempt = (run: Run, nowMs: number): void => {
    const second = Math.floor(nowMs / 1_000);
    const isUp = second < downFromS || second >= upFromS;
    const number = run.attempt + 1;
    result.requests[second] = (result.requests[second] ?? 0) + 1;
    result.attempts++;
    if (number === 1) budget = earn(budget);
    observe(isUp, nowMs + refusedMs);
    if (isUp) {
      result.succeeded++;
      if (run.firedMs >= downFromS * 1_000 && run.firedMs < upFromS * 1_000) result.caughtUpS = second;
      if (run.firedMs >= upFromS * 1_000) result.longestLiveWaitMs = Math.max(result.longestLiveWaitMs, nowMs - run.firedMs);
      return;
    }
    result.wasted++;
    const decision = decideRetry(refused, { number, sinceFirstMs: 0 }, policy, random());
    if (decision.retry) later({ ...run, attempt: number }, nowMs + refusedMs + decision.delayMs);
    else result.dead++;
  };
  /** What a claim does with a run whose time has come. */
  const begin = (run: Run, nowMs: number): void => {
    if (state !== "closed" && !(state === "recovering" && isAtFullPace(nowMs - healedMs))) {
      held.push(run);
      return;
    }
    if (withBreaker && run.attempt > 0) {
      const asked = askForRetry(budget, nowMs, random());
      budget = asked.budget;
      if (asked.waitMs > 0) return later(run, nowMs + asked.waitMs);
    }
    attempt(run, nowMs);
  };
  const letOut = (nowMs: number): void => {
    held.sort((a, b) => a.firedMs - b.firedMs);
    if (state === "open" && nowMs >= probeMs && held.length > 0) {
      const next = spaceProbe(probeEveryMs, random());
      [probeMs, probeEveryMs] = [nowMs + next.delayMs, next.everyMs];
      attempt(held.pop() as Run, nowMs);
    }
    if (state !== "recovering") return;
    owed += allowedBy(nowMs - healedMs) - allowedBy(countedMs);
    countedMs = nowMs - healedMs;
    for (; owed >= 1 && held.length > 0 && state === "recovering"; owed--) attempt(held.pop() as Run, nowMs);
    owed = Math.min(owed, 1);
    if (isAtFullPace(nowMs - healedMs) && held.length === 0) state = "closed";
  };

  let firedMs = 0;
  for (let nowMs = 0; nowMs < endS * 1_000; nowMs += tickMs) {
    for (; firedMs <= nowMs; firedMs += 60_000 / runsPerMinute) begin({ firedMs, attempt: 0 }, nowMs);
    for (const run of due.get(nowMs / tickMs) ?? []) begin(run, nowMs);
    due.delete(nowMs / tickMs);
    letOut(nowMs);
  }
  return result;
}
