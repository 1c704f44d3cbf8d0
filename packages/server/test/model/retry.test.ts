import { type FailureClass, failureClasses, type RetryBody } from "@punctual/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AttemptEnd, afterAttempt } from "../../src/model/after-attempt.ts";
import { attemptLimitMs, decideRetry, type Failure } from "../../src/model/retry.ts";
import { retryPolicyOf } from "../../src/model/retry-policy.ts";

const failure = (failureClass: FailureClass, more: Partial<Failure> = {}): Failure => ({
  ...{ failureClass, statusCode: null, retryAfterMs: null, retryForbidden: false },
  ...more,
});
const answered = (statusCode: number, more: Partial<Failure> = {}) => failure("http_status", { statusCode, ...more });
const nth = (number: number, sinceFirstMs = 0) => ({ number, sinceFirstMs });
const defaults = retryPolicyOf();
const dayMs = 24 * 3_600_000;

describe("a failed attempt", () => {
  test("is followed by another between one second and a ceiling that triples up to an hour", () => {
    const policy = retryPolicyOf({ attempts: 100 });
    [5_000, 15_000, 45_000, 135_000, 405_000, 1_215_000, 3_600_000, 3_600_000].forEach((ceilingMs, index) => {
      const decide = (random: number) => decideRetry(failure("timeout"), nth(index + 1), policy, random);
      expect(decide(0)).toEqual({ retry: true, delayMs: 1_000, because: "backoff" });
      expect(decide(0.5)).toEqual({ retry: true, delayMs: 1_000 + (ceilingMs - 1_000) / 2, because: "backoff" });
      expect(decide(1)).toEqual({ retry: true, delayMs: ceilingMs, because: "backoff" });
    });
  });

  test.each([
    ["fixed", { backoff: "fixed", baseDelay: "7s" }, [7, 7, 7, 7]],
    ["linear", { backoff: "linear", baseDelay: "10s", maxDelay: "25s" }, [10, 20, 25, 25]],
    ["exponential", { backoff: "exponential", baseDelay: "2s", factor: 2, maxDelay: "10s" }, [2, 4, 8, 10]],
    ["a list, whose last delay goes on", { backoff: ["1m", "5m"], attempts: 9 }, [60, 300, 300, 300]],
  ] as const)("waits exactly as %s says when there is no jitter", (_what, retry, seconds) => {
    const policy = retryPolicyOf({ jitter: "none", ...structuredClone(retry) } as Parameters<typeof retryPolicyOf>[0]);
    const waits = seconds.map((_, index) => decideRetry(failure("dns"), nth(index + 1), policy, 0.3));
    expect(waits).toEqual(seconds.map((wait) => ({ retry: true, delayMs: wait * 1_000, because: "backoff" })));
  });

  test("waits as long as the target asks for when that is longer, but never more than a day", () => {
    const decide = (retryAfterMs: number) => decideRetry(answered(429, { retryAfterMs }), nth(1), defaults, 0);
    expect(decide(30_000)).toEqual({ retry: true, delayMs: 30_000, because: "retry_after" });
    expect(decide(500)).toEqual({ retry: true, delayMs: 1_000, because: "backoff" });
    expect(decide(90 * dayMs)).toEqual({ retry: true, delayMs: dayMs, because: "retry_after" });
  });

  test("is the last one when the attempts are used up: six by default, one more than a list has delays", () => {
    const last = { retry: false, because: "attempts_used_up" };
    expect(decideRetry(failure("timeout"), nth(5), defaults, 0).retry).toBe(true);
    expect(decideRetry(failure("timeout"), nth(6), defaults, 0)).toEqual(last);
    expect(decideRetry(failure("timeout"), nth(1), retryPolicyOf({ attempts: 1 }), 0)).toEqual(last);
    expect(decideRetry(failure("timeout"), nth(2), retryPolicyOf({ backoff: ["1m", "5m"] }), 0).retry).toBe(true);
    expect(decideRetry(failure("timeout"), nth(3), retryPolicyOf({ backoff: ["1m", "5m"] }), 0)).toEqual(last);
  });

  test("is the last one when the next would begin after the run's deadline, also when the target asked for the wait", () => {
    const policy = retryPolicyOf({ deadline: "1m", backoff: "fixed", baseDelay: "10s", jitter: "none" });
    expect(decideRetry(failure("timeout"), nth(1, 50_000), policy, 0).retry).toBe(true);
    expect(decideRetry(failure("timeout"), nth(1, 50_001), policy, 0)).toEqual({ retry: false, because: "deadline" });
    expect(decideRetry(answered(503, { retryAfterMs: 60_001 }), nth(1), policy, 0)).toEqual({ retry: false, because: "deadline" });
  });

  test("is the last one when the run's deadline stopped it, whatever else would have followed", () => {
    const stopped = failure("timeout", { atDeadline: true });
    const deadline = { retry: false, because: "deadline" };
    expect(decideRetry(stopped, nth(1), retryPolicyOf({ deadline: "1h" }), 0)).toEqual(deadline);
    expect(decideRetry(stopped, nth(6), retryPolicyOf({ deadline: "1h" }), 0)).toEqual(deadline);
    expect(decideRetry(stopped, nth(1), retryPolicyOf({ deadline: "1h", retryOn: { classes: [] } }), 0)).toEqual(deadline);
  });

  test("had the job's timeout, or what was left of the run's deadline when that was less", () => {
    const limits = (retry: RetryBody) => {
      const plan = { timeoutMs: 30_000, retry: retryPolicyOf(retry) };
      return [0, 40_000, 59_000, 60_000, 61_000].map((sinceFirstMs) => attemptLimitMs(plan, sinceFirstMs));
    };
    expect(limits({})).toEqual([30_000, 30_000, 30_000, 30_000, 30_000]);
    expect(limits({ deadline: "1m" })).toEqual([30_000, 20_000, 1_000, 0, -1_000]);
  });

  test("is the last one when another would fail the same way", () => {
    const isRetried = (each: Failure) => decideRetry(each, nth(1), defaults, 0).retry;
    const classes = failureClasses.filter((name) => name !== "http_status");
    expect(classes.filter((name) => !isRetried(failure(name)))).toEqual(["redirect", "response_invalid", "cancelled"]);
    const statuses = [400, 401, 404, 408, 409, 410, 422, 425, 429, 500, 501, 502, 503, 504, 599];
    expect(statuses.filter((status) => isRetried(answered(status)))).toEqual([408, 425, 429, 500, 501, 502, 503, 504, 599]);
    expect(decideRetry(failure("redirect"), nth(1), defaults, 0)).toEqual({ retry: false, because: "not_retryable" });
  });

  test("is retried by the job's own list instead of the default one, each kind by itself", () => {
    const own = retryPolicyOf({ retryOn: { classes: ["redirect"], statusCodes: [404, "5xx"] } });
    const because = (each: Failure) => decideRetry(each, nth(1), own, 0).because;
    expect([because(failure("redirect")), because(failure("timeout"))]).toEqual(["backoff", "not_retryable"]);
    expect([404, 500, 408].map((status) => because(answered(status)))).toEqual(["backoff", "backoff", "not_retryable"]);
    const onlyStatus = retryPolicyOf({ retryOn: { statusCodes: [] } });
    expect(decideRetry(failure("timeout"), nth(1), onlyStatus, 0).retry).toBe(true);
    expect(decideRetry(answered(500), nth(1), onlyStatus, 0).retry).toBe(false);
  });

  test("is the last one when the target says so: by the header whatever its status, by 410 unless the job lists 410 itself", () => {
    expect(decideRetry(answered(503, { retryForbidden: true, retryAfterMs: 5 }), nth(1), defaults, 0).because).toBe("refused");
    const because = (codes: (number | "4xx")[]) =>
      decideRetry(answered(410), nth(1), retryPolicyOf({ retryOn: { statusCodes: codes } }), 0).because;
    expect([decideRetry(answered(410), nth(1), defaults, 0).because, because(["4xx"]), because([410])]).toEqual([
      "gone",
      "gone",
      "backoff",
    ]);
  });

  test("whatever the policy, is retried after a whole number of ms between a second and a day, within attempts and deadline, or not at all", () => {
    const seconds = fc.integer({ min: 1, max: 86_400 });
    const policies = fc.record({
      attempts: fc.integer({ min: 1, max: 100 }),
      backoff: fc.oneof(
        fc.array(
          seconds.map((s) => s * 1_000),
          { minLength: 1, maxLength: 99 },
        ),
        fc.record({
          kind: fc.constantFrom("exponential" as const, "linear" as const, "fixed" as const),
          baseMs: seconds.map((s) => s * 1_000),
          factor: fc.double({ min: 1, max: 10, noNaN: true }),
          capMs: seconds.map((s) => s * 1_000),
        }),
      ),
      jitter: fc.constantFrom("full" as const, "none" as const),
      deadlineMs: fc.option(fc.integer({ min: 1_000, max: 30 * dayMs })),
      classes: fc.constant(defaults.classes),
      statusCodes: fc.constant(defaults.statusCodes),
    });
    const attempts = fc.record({ number: fc.integer({ min: 1, max: 200 }), sinceFirstMs: fc.integer({ min: 0, max: 40 * dayMs }) });
    const random = fc.double({ min: 0, max: 0.999_999, noNaN: true });
    const asked = fc.option(fc.integer({ min: 0, max: 2 ** 40 }));
    fc.assert(
      fc.property(policies, attempts, random, asked, (policy, failed, chance, retryAfterMs) => {
        const decision = decideRetry(failure("lost", { retryAfterMs }), failed, policy, chance);
        if (!decision.retry) return;
        expect(Number.isInteger(decision.delayMs) && decision.delayMs >= 1_000 && decision.delayMs <= dayMs).toBe(true);
        expect(failed.number).toBeLessThan(policy.attempts);
        expect(failed.sinceFirstMs + decision.delayMs).toBeLessThanOrEqual(policy.deadlineMs ?? Number.POSITIVE_INFINITY);
      }),
    );
  });
});

test("a run whose last attempt failed is dead, and its reason says why in words", () => {
  const end = (of: Failure, number = 1) => afterAttempt({ kind: "failed", failure: of }, nth(number), defaults, 0);
  expect(end(answered(410))).toEqual({ next: "dead", delayMs: 0, reason: "the target is gone (410)", nextBecause: "gone" });
  expect(end(failure("timeout"), 6)).toMatchObject({ next: "dead", reason: "all attempts failed", nextBecause: "attempts_used_up" });
  expect(end(failure("timeout"))).toEqual({ next: "waiting", delayMs: 1_000, reason: null, nextBecause: "backoff" });
});

test("a run that was cancelled ends with the wish as its reason, and one that was lost waits as a failed one does", () => {
  const after = (end: AttemptEnd) => afterAttempt(end, nth(1), defaults, 0);
  expect(after({ kind: "cancelled", reason: "by ann" })).toEqual({ next: "cancelled", delayMs: 0, reason: "by ann", nextBecause: null });
  expect(after({ kind: "lost", failure: failure("lost") })).toMatchObject({ next: "waiting", nextBecause: "backoff" });
  expect(after({ kind: "succeeded" })).toEqual({ next: "succeeded", delayMs: 0, reason: null, nextBecause: null });
});
