import { type FailureClass, failureClasses } from "@punctual/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideRetry, defaultAttempts, type Failure, isRetryable } from "../../src/model/retry.ts";

const failure = (failureClass: FailureClass, more: Partial<Failure> = {}): Failure => ({
  failureClass,
  statusCode: null,
  retryAfterMs: null,
  ...more,
});
const ceilingsMs = [5_000, 15_000, 45_000, 135_000, 405_000, 1_215_000, 3_600_000, 3_600_000];

describe("a failed attempt", () => {
  test("is followed by another between one second and a ceiling that triples up to an hour", () => {
    ceilingsMs.forEach((ceilingMs, index) => {
      const decide = (random: number) => decideRetry(failure("timeout"), index + 1, 100, random);
      expect(decide(0)).toEqual({ retry: true, delayMs: 1_000, because: "backoff" });
      expect(decide(0.5)).toEqual({ retry: true, delayMs: 1_000 + (ceilingMs - 1_000) / 2, because: "backoff" });
      expect(decide(1)).toEqual({ retry: true, delayMs: ceilingMs, because: "backoff" });
    });
  });

  test("waits as long as the target asks for when that is longer, but never more than a day", () => {
    const decide = (retryAfterMs: number) => decideRetry(failure("http_status", { statusCode: 429, retryAfterMs }), 1, 6, 0);
    expect(decide(30_000)).toEqual({ retry: true, delayMs: 30_000, because: "retry_after" });
    expect(decide(500)).toEqual({ retry: true, delayMs: 1_000, because: "backoff" });
    expect(decide(90 * 24 * 3_600_000)).toEqual({ retry: true, delayMs: 24 * 3_600_000, because: "retry_after" });
  });

  test("is the last one when the attempts are used up: six by default", () => {
    expect(decideRetry(failure("timeout"), defaultAttempts - 1, defaultAttempts, 0).retry).toBe(true);
    expect(decideRetry(failure("timeout"), defaultAttempts, defaultAttempts, 0)).toEqual({ retry: false, because: "attempts_used_up" });
    expect(decideRetry(failure("timeout"), 1, 1, 0)).toEqual({ retry: false, because: "attempts_used_up" });
  });

  test("is the last one when another would fail the same way", () => {
    const hopeless = failureClasses.filter((failureClass) => failureClass !== "http_status" && !isRetryable(failure(failureClass)));
    expect(hopeless).toEqual(["redirect", "response_invalid", "cancelled"]);
    expect(decideRetry(failure("redirect"), 1, 6, 0)).toEqual({ retry: false, because: "not_retryable" });
    const statuses = [400, 401, 404, 408, 409, 410, 422, 425, 429, 500, 501, 502, 503, 504, 599];
    const retried = statuses.filter((statusCode) => isRetryable(failure("http_status", { statusCode })));
    expect(retried).toEqual([408, 425, 429, 500, 501, 502, 503, 504, 599]);
  });

  test("never waits for a time that is not a whole number of milliseconds between one second and a day", () => {
    const asked = fc.option(fc.integer({ min: 0, max: 2 ** 40 }));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99 }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        asked,
        (attempt, random, retryAfterMs) => {
          const decision = decideRetry(failure("lost", { retryAfterMs }), attempt, 100, random);
          const delayMs = decision.retry ? decision.delayMs : 0;
          expect(Number.isInteger(delayMs) && delayMs >= 1_000 && delayMs <= 24 * 3_600_000).toBe(true);
        },
      ),
    );
  });
});
