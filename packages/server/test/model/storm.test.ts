import { describe, expect, it } from "vitest";
import { simulateStorm, storm } from "./storm.ts";

const requestsIn = ({ requests }: { requests: number[] }, fromS: number, toS: number) =>
  requests.slice(fromS, toS).reduce((sum, each) => sum + each, 0);
const runsWhileDown = (storm.runsPerMinute / 60) * (storm.upFromS - storm.downFromS);

describe("a target that is down for five minutes while 2,000 runs a minute go to it", () => {
  const alone = simulateStorm(false);
  const guarded = simulateStorm(true);

  it("gets several times as much as ever from retries alone, and runs die of it", () => {
    expect(alone.wasted).toBeGreaterThan(4 * runsWhileDown);
    expect(alone.dead).toBeGreaterThan(1_000);
  });

  it("gets a trickle of probes with a breaker, and no run dies", () => {
    expect(requestsIn(guarded, storm.downFromS + 30, storm.upFromS)).toBeLessThanOrEqual(12);
    expect(guarded.wasted).toBeLessThan(100);
    expect(guarded.dead).toBe(0);
    expect(guarded.attempts - guarded.succeeded).toBe(guarded.wasted);
  });

  it("is probed within half a minute of its return, and gets the backlog at a rising pace", () => {
    const firstS = guarded.requests.findIndex((requests, second) => second >= storm.upFromS && requests > 0);
    expect(firstS - storm.upFromS).toBeLessThanOrEqual(38);
    const paces = [0, 5, 10, 15].map((fromS) => requestsIn(guarded, firstS + fromS, firstS + fromS + 5));
    expect(paces).toEqual([...paces].sort((a, b) => a - b));
    expect(paces[0]).toBeLessThan(50);
    expect(guarded.caughtUpS - firstS).toBeLessThan(30);
  });

  it("has caught up many times sooner than with retries alone", () => {
    expect(guarded.caughtUpS - storm.upFromS).toBeLessThan((alone.caughtUpS - storm.upFromS) / 5);
  });

  it("gets all in the end: every run that fired has succeeded or waits for its retry", () => {
    const fired = (storm.runsPerMinute / 60) * storm.endS;
    expect(guarded.succeeded).toBeGreaterThan(fired - 10);
    expect(alone.succeeded + alone.dead).toBeGreaterThan(fired - 10);
  });
});
