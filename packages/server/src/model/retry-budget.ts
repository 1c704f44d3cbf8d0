/**
 * What retries may add to an origin's traffic: a bucket that first attempts fill and retries empty. With five retries a run, an origin of which 40 % fails
 * would get almost twice its traffic, just when it can bear the least; with a budget it gets at most a fifth more.
 */
export type RetryBudget = {
  tokens: number;
  atMs: number;
  /** Asked for and refused since `countedMs`: tells how long the others have to wait. */
  asked: number;
  refused: number;
  countedMs: number;
};

/** A fifth: enough that a few lost attempts are never noticed. */
const share = 0.2;
/** Retries a second that each node may make whatever the traffic: those of a job that runs once a minute are no storm. */
const floorPerSecond = 1;
/** What a quiet time saves up for a bad one. */
const cap = 100;
const countMs = 10_000;
const leastWaitMs = 5_000;
const longestWaitMs = 300_000;

/** A new origin's, so full that a small outage right after a start is retried like any other. */
export function newBudget(nowMs: number): RetryBudget {
  return { tokens: cap / 2, atMs: nowMs, asked: 0, refused: 0, countedMs: nowMs };
}

/** A first attempt was made. */
export function earn(budget: RetryBudget): RetryBudget {
  // Nearly always full.
  return budget.tokens === cap ? budget : { ...budget, tokens: Math.min(cap, budget.tokens + share) };
}

/**
 * A retry asks for its token.
 *
 * @param random uniform in [0, 1): spreads those that are refused
 * @returns the budget after that, and how long to wait before asking again; 0 when the retry may begin. The more are refused, the longer: with 1,000 runs
 * waiting for one token a second, each asks every few minutes instead of every few seconds
 */
export function askForRetry(budget: RetryBudget, nowMs: number, random: number): { budget: RetryBudget; waitMs: number } {
  const tokens = Math.min(cap, budget.tokens + (floorPerSecond * Math.max(0, nowMs - budget.atMs)) / 1_000);
  const isOld = nowMs - budget.countedMs >= countMs;
  // Halved, not emptied: what was refused a moment ago is still waiting.
  const before = isOld ? { asked: budget.asked / 2, refused: budget.refused / 2, countedMs: nowMs } : budget;
  const granted = tokens >= 1;
  const asked = before.asked + 1;
  const refused = before.refused + (granted ? 0 : 1);
  const next = { tokens: granted ? tokens - 1 : tokens, atMs: nowMs, asked, refused, countedMs: before.countedMs };
  if (granted) return { budget: next, waitMs: 0 };
  const ceilingMs = Math.min(longestWaitMs, (3 * leastWaitMs * asked) / Math.max(1, asked - refused));
  return { budget: next, waitMs: Math.round(leastWaitMs + random * Math.max(0, ceilingMs - leastWaitMs)) };
}
