import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulation, startSimulation } from "./simulation.ts";

/** About a second each. `npm run simulate` goes through as many as one has time for. */
const seeds = 20;

let simulation: Simulation;
beforeAll(async () => {
  simulation = await startSimulation();
}, 120_000);
afterAll(() => simulation.close());

describe("a cluster of nodes in virtual time", () => {
  it("keeps every promise, whatever befalls it", { timeout: 300_000 }, async () => {
    const tally = { runs: 0, lost: 0 };
    for (let seed = 1; seed <= seeds; seed++) {
      const outcome = await simulation.run(seed);
      expect(outcome.breaches, `npm run simulate -- --seed ${seed} --seeds 1 --trace trace.txt`).toEqual([]);
      tally.runs += outcome.tally.runs;
      tally.lost += outcome.tally.lost;
    }
    // Where nothing goes wrong, nothing is shown.
    expect(tally.runs).toBeGreaterThan(30 * seeds);
    expect(tally.lost).toBeGreaterThan(0);
  });

  it("lives through a seed in the same way every time, whatever ran before it", { timeout: 60_000 }, async () => {
    const first = await simulation.run(3);
    await simulation.run(11);
    const second = await simulation.run(3);
    expect(second.trace).toEqual(first.trace);
    expect(second.digest).toBe(first.digest);
    expect((await simulation.run(2)).digest).not.toBe(first.digest);
  });
});
