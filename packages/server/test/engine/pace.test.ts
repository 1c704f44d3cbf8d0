import { describe, expect, it } from "vitest";
import { createPace } from "../../src/engine/pace.ts";

describe("the pace of bulk work", () => {
  it("is full without a herd, before the first and after each, so that retries and what waits for slots are not held back", () => {
    const pace = createPace();
    expect([pace.batch(1_000), pace.restMs(100)]).toEqual([1_000, 0]);
    pace.begin();
    expect(pace.batch(1_000)).toBeLessThan(500);
    expect(pace.restMs(100)).toBeGreaterThan(100);
    pace.end();
    expect([pace.batch(1_000), pace.restMs(100)]).toEqual([1_000, 0]);
  });

  it("begins once for a herd that several lanes meet", () => {
    const pace = createPace();
    pace.begin();
    for (let look = 0; look < 15; look++) pace.felt(1, 0);
    pace.begin();
    expect(pace.batch(1_000)).toBe(1_000);
  });
});
