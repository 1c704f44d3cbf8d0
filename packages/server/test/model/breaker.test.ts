import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allowedBy,
  isAtFullPace,
  isFailing,
  noOutcomes,
  type OutcomeWindow,
  spaceProbe,
  verdictOn,
  watchRecovery,
  watchWell,
  withOutcome,
} from "../../src/model/breaker.ts";

/** Outcomes `everyMs` apart; g good, b bad. */
function after(outcomes: string, { everyMs = 10, from = noOutcomes, watch = watchWell } = {}): OutcomeWindow {
  return Array.from(outcomes).reduce(
    (window, each, index) => withOutcome(window, each === "b" ? "bad" : "good", index * everyMs, watch),
    from,
  );
}

describe("an attempt", () => {
  it.each([
    ["timeout", null],
    ["connection_refused", null],
    ["connection_reset", null],
    ["dns", null],
    ["tls", null],
    ["http_status", 500],
    ["http_status", 503],
  ] as const)("that ends with %s %s counts against its target", (failureClass, statusCode) => {
    expect(verdictOn(failureClass, statusCode)).toBe("bad");
  });

  it.each([
    [null, 200],
    ["http_status", 404],
    ["http_status", 410],
    ["http_status", 429],
    ["redirect", 302],
    ["response_invalid", null],
  ] as const)("that ends with %s %s shows that its target is alive", (failureClass, statusCode) => {
    expect(verdictOn(failureClass, statusCode)).toBe("good");
  });

  it.each(["internal", "cancelled", "lost"] as const)("that ends with %s says nothing of its target", (failureClass) => {
    expect(verdictOn(failureClass, null)).toBeNull();
  });
});

describe("a target is called failing", () => {
  const failing = (window: OutcomeWindow) => isFailing(window, watchWell);

  it("after ten failures and no success, not before", () => {
    expect(failing(after("b".repeat(9)))).toBe(false);
    expect(failing(after("b".repeat(10)))).toBe(true);
  });

  it("only when at least half of its attempts fail", () => {
    expect(failing(after("gbg".repeat(16)))).toBe(false);
    expect(failing(after("gb".repeat(10)))).toBe(true);
  });

  it("not for failures that are long past", () => {
    expect(failing(after("b".repeat(9), { everyMs: 4_000 }))).toBe(false);
    expect(failing(withOutcome(after("b".repeat(9)), "bad", 60_000, watchWell))).toBe(false);
  });

  it("within a hundred requests, however many thousands succeeded before it died", () => {
    let window = after("g".repeat(5_000), { everyMs: 1 });
    let requests = 0;
    while (!failing(window)) window = withOutcome(window, "bad", 5_000 + requests++, watchWell);
    expect(requests).toBeLessThanOrEqual(100);
  });

  it("within a few requests while it recovers", () => {
    const window = after("ggbbb", { watch: watchRecovery });
    expect(isFailing(window, watchRecovery)).toBe(true);
    expect(isFailing(after("gggbb", { watch: watchRecovery }), watchRecovery)).toBe(false);
  });

  it("never by nine failures in a hundred, whatever their order", () => {
    const nine = fc.shuffledSubarray(
      Array.from({ length: 100 }, (_, index) => index),
      { minLength: 9, maxLength: 9 },
    );
    fc.assert(
      fc.property(nine, (bad) => {
        const outcomes = Array.from({ length: 100 }, (_, index) => (bad.includes(index) ? "b" : "g")).join("");
        for (let seen = 1; seen <= 100; seen++) expect(failing(after(outcomes.slice(0, seen)))).toBe(false);
      }),
    );
  });
});

describe("an open breaker", () => {
  it("probes 5 s after it opened, then less and less often, at last about twice a minute", () => {
    const spacings = [];
    let everyMs = 5_000;
    for (let probe = 0; probe < 5; probe++) {
      const next = spaceProbe(everyMs, 0.5);
      spacings.push(next.delayMs);
      everyMs = next.everyMs;
    }
    expect(spacings).toEqual([5_000, 10_000, 20_000, 30_000, 30_000]);
  });

  it("spreads its probes by a quarter to either side", () => {
    expect([spaceProbe(20_000, 0).delayMs, spaceProbe(20_000, 0.9999).delayMs]).toEqual([15_000, 24_999]);
  });
});

describe("a target that has healed", () => {
  it("gets two runs in the first second and ever more after that, and is well after 23 s", () => {
    expect(allowedBy(0)).toBe(0);
    const inSecond = (second: number) => Math.round(allowedBy((second + 1) * 1_000) - allowedBy(second * 1_000));
    expect([0, 2, 4, 6, 8, 10].map(inSecond)).toEqual([2, 5, 10, 19, 38, 76]);
    expect([22_000, 23_000].map(isAtFullPace)).toEqual([false, true]);
  });

  it("gets the same in all, however often it is looked at", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }), (steps) => {
        let atMs = 0;
        let sum = 0;
        for (const step of steps) sum += allowedBy(atMs + step) - allowedBy((atMs += step) - step);
        expect(sum).toBeCloseTo(allowedBy(atMs), 3);
      }),
    );
  });
});
