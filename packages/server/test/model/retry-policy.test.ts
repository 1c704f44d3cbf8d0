import { PunctualError, type RetryBody } from "@punctual/contract";
import { describe, expect, test } from "vitest";
import { retryPolicyOf, retryView } from "../../src/model/retry-policy.ts";

/** The code and the place of the refusal, and what it says. */
function refusal(retry: RetryBody): [string, string, string] {
  try {
    retryPolicyOf(retry);
  } catch (error) {
    if (error instanceof PunctualError) return [error.code, error.faults[0]?.pointer ?? "", error.faults[0]?.message ?? ""];
    throw error;
  }
  throw new Error("it was accepted");
}

describe("a retry policy", () => {
  test("shows its defaults, and only the fields that its backoff uses", () => {
    const retryOn = {
      classes: ["timeout", "connection_refused", "connection_reset", "dns", "tls", "lost", "internal", "worker_error"],
      statusCodes: [408, 425, 429, "5xx"],
    };
    const full = { attempts: 6, backoff: "exponential", baseDelay: "5s", factor: 3, maxDelay: "1h", jitter: "full", retryOn };
    expect(retryView()).toEqual(full);
    expect(retryView({})).toEqual(full);
    expect(retryView({ backoff: "fixed", deadline: "2h" })).toEqual({
      ...{ attempts: 6, backoff: "fixed", baseDelay: "5s", jitter: "full", deadline: "2h", retryOn },
    });
    expect(retryView({ backoff: ["1m", "10m"] })).toEqual({ attempts: 3, backoff: ["1m", "10m"], jitter: "none", retryOn });
  });

  test("means the same when its view is sent back", () => {
    for (const retry of [
      {},
      { backoff: "linear", jitter: "none" },
      { backoff: ["1m", "1h"], attempts: 9 },
      { backoff: "fixed" },
    ] as RetryBody[]) {
      expect(retryPolicyOf(retryView(retry))).toEqual(retryPolicyOf(retry));
    }
  });

  test("may have a deadline of up to thirty days", () => {
    expect(retryPolicyOf({ deadline: "720h" }).deadlineMs).toBe(30 * 24 * 3_600_000);
    expect(refusal({ deadline: "721h" }).slice(0, 2)).toEqual(["duration_invalid", "/retry/deadline"]);
  });

  test.each<[string, RetryBody, string, string, RegExp]>([
    ["a delay under a second", { baseDelay: "10ms" }, "duration_invalid", "/retry/baseDelay", /expected 1s to/],
    ["a delay over a day", { maxDelay: "25h" }, "duration_invalid", "/retry/maxDelay", /is 25h; expected/],
    ["a negative delay in a list", { backoff: ["1m", "-5s"] }, "duration_invalid", "/retry/backoff/1", /./],
    ["a deadline of ten years", { deadline: "87600h" }, "duration_invalid", "/retry/deadline", /is 87600h; expected/],
    ["a cap below the base", { baseDelay: "1m", maxDelay: "30s" }, "request_invalid", "/retry/maxDelay", /shorter than baseDelay/],
    ["a base with a list", { backoff: ["1m"], baseDelay: "1s" }, "request_invalid", "/retry/baseDelay", /a list of delays/],
    ["a factor with linear", { backoff: "linear", factor: 2 }, "request_invalid", "/retry/factor", /backoff linear/],
    ["a cap with fixed", { backoff: "fixed", maxDelay: "1h" }, "request_invalid", "/retry/maxDelay", /backoff fixed/],
  ])("is refused at its field: %s", (_what, retry, code, pointer, message) => {
    const [foundCode, foundPointer, words] = refusal(retry);
    expect([foundCode, foundPointer]).toEqual([code, pointer]);
    expect(words).toMatch(message);
  });
});
