import type { FailureClass } from "@punctual/contract";

/** What an attempt tells of its origin; null when it tells nothing. */
export type Verdict = "good" | "bad" | null;

const bad: ReadonlySet<FailureClass> = new Set(["timeout", "connection_refused", "connection_reset", "dns", "tls"]);
const silent: ReadonlySet<FailureClass> = new Set(["internal", "cancelled", "lost"]);

/**
 * Whether the origin is well, as far as one attempt can tell. Whoever answers 4xx is alive, also with 429: too much was asked of it, and Retry-After or the
 * job's backoff deals with that run by run.
 *
 * @param failureClass null for a success
 */
export function verdictOn(failureClass: FailureClass | null, statusCode: number | null): Verdict {
  if (failureClass === null) return "good";
  if (silent.has(failureClass)) return null;
  if (failureClass === "http_status") return (statusCode ?? 0) >= 500 ? "bad" : "good";
  return bad.has(failureClass) ? "bad" : "good";
}

/** The last outcomes of an origin, in two buckets: when the newer one is full or old, it becomes the older one, whose outcomes are forgotten. */
export type OutcomeWindow = { beganMs: number; good: number; bad: number; goodBefore: number; badBefore: number };

/** How many outcomes a bucket takes, and how many bad ones it needs before anything is concluded from them. */
export type Watch = { bucketOutcomes: number; leastBad: number };

/**
 * While all is well. Counted, not only timed: at 100 runs a second, a window of 30 s alone would send 1,500 requests to a dead origin before half of what it
 * saw is bad. Ten bad ones, so that a rare job's own trouble opens nothing.
 */
export const watchWell: Watch = { bucketOutcomes: 50, leastBad: 10 };
/** While it recovers: a relapse is noticed within a few requests. */
export const watchRecovery: Watch = { bucketOutcomes: 10, leastBad: 3 };
const bucketMs = 15_000;

export const noOutcomes: OutcomeWindow = { beganMs: Number.NEGATIVE_INFINITY, good: 0, bad: 0, goodBefore: 0, badBefore: 0 };

/** The window with one more outcome, seen at `nowMs` on any clock that only goes forward. */
export function withOutcome(window: OutcomeWindow, verdict: "good" | "bad", nowMs: number, { bucketOutcomes }: Watch): OutcomeWindow {
  const ageMs = nowMs - window.beganMs;
  const { good, bad } = window;
  const addGood = verdict === "good" ? 1 : 0;
  const addBad = 1 - addGood;
  // Written out rather than spread: this is once a run.
  if (ageMs >= 2 * bucketMs) return { beganMs: nowMs, good: addGood, bad: addBad, goodBefore: 0, badBefore: 0 };
  if (ageMs >= bucketMs || good + bad >= bucketOutcomes)
    return { beganMs: nowMs, good: addGood, bad: addBad, goodBefore: good, badBefore: bad };
  const { beganMs, goodBefore, badBefore } = window;
  return { beganMs, good: good + addGood, bad: bad + addBad, goodBefore, badBefore };
}

/** Whether enough attempts failed, and at least half of them. */
export function isFailing(window: OutcomeWindow, { leastBad }: Watch): boolean {
  const failed = window.bad + window.badBefore;
  return failed >= leastBad && failed >= window.good + window.goodBefore;
}

/** How far apart the first probes of an open breaker are. */
export const firstProbeMs = 5_000;
/** The end of an outage is noticed within about this; two requests a minute weigh nothing on whatever is down. */
const longestProbeMs = 30_000;

/**
 * The time to the next probe, and the spacing after that one: doubled up to 30 s.
 *
 * @param random uniform in [0, 1): spreads the probes of many breakers that opened at once by a quarter to either side
 */
export function spaceProbe(everyMs: number, random: number): { delayMs: number; everyMs: number } {
  return { delayMs: Math.round(everyMs * (0.75 + random / 2)), everyMs: Math.min(longestProbeMs, 2 * everyMs) };
}

/** Runs a second that an origin gets at first when it has healed, for how long until it gets twice as many, and at how many it counts as well again. */
const firstPace = 2;
const doublingMs = 2_000;
const fullPace = 5_000;

/** Runs that all nodes together may have let out so long after a probe succeeded. A function of time alone, so that no node needs to write anything. */
export function allowedBy(sinceHealedMs: number): number {
  return firstPace * (doublingMs / 1_000 / Math.LN2) * (2 ** (Math.max(0, sinceHealedMs) / doublingMs) - 1);
}

/** Whether the pace is no bound any more: 23 s after a probe succeeded. */
export function isAtFullPace(sinceHealedMs: number): boolean {
  return firstPace * 2 ** (sinceHealedMs / doublingMs) >= fullPace;
}
