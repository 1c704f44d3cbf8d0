import { describe, expect, it } from "vitest";
import { askForRetry, earn, newBudget, type RetryBudget } from "../../src/model/retry-budget.ts";

/** Asks until refused. @returns how many retries were granted, and the budget after that */
function drain(full: RetryBudget, nowMs: number): { granted: number; budget: RetryBudget } {
  let budget = full;
  for (let granted = 0; granted < 1_000; granted++) {
    const asked = askForRetry(budget, nowMs, 0.5);
    if (asked.waitMs > 0) return { granted, budget: asked.budget };
    budget = asked.budget;
  }
  throw new Error("a thousand retries were granted");
}
const afterFirstAttempts = (budget: RetryBudget, count: number) =>
  Array.from({ length: count }).reduce<RetryBudget>((filled) => earn(filled), budget);

describe("retries of an origin", () => {
  it("are at most a fifth of its first attempts once what was saved up is used", () => {
    const { budget } = drain(newBudget(0), 0);
    expect(drain(afterFirstAttempts(budget, 200), 0).granted).toBe(40);
  });

  it("may always be one a second, so that a rare job's are never refused for long", () => {
    const { budget } = drain(newBudget(0), 0);
    expect(drain(budget, 10_000).granted).toBe(10);
  });

  it("may not save up more than a hundred", () => {
    expect(drain(afterFirstAttempts(newBudget(0), 100_000), 1e9).granted).toBe(100);
  });

  it("wait 5 to 15 s when few are refused, and for minutes when very many are", () => {
    const { budget } = drain(newBudget(0), 0);
    const waits = (of: RetryBudget) => [0, 0.999].map((random) => askForRetry(of, 0, random).waitMs);
    const few = waits(budget);
    expect(few[0]).toBe(5_000);
    expect(few[1]).toBeLessThan(20_000);
    let crowded = budget;
    for (let refused = 0; refused < 5_000; refused++) crowded = askForRetry(crowded, 0, 0.5).budget;
    expect(waits(crowded)[1]).toBeGreaterThan(250_000);
    expect(waits(crowded)[1]).toBeLessThanOrEqual(300_000);
  });

  it("are not thrown off by a clock that stands still or goes back", () => {
    const { budget } = drain(newBudget(10_000), 10_000);
    expect(askForRetry(budget, 5_000, 0.5).waitMs).toBeGreaterThan(0);
  });
});
