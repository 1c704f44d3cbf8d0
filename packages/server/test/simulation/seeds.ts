import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulation, startSimulation } from "./simulation.ts";

/**
 * Promises of all seeds from `first` to `last`. About half a second each; in several test files, as those run side by side. `npm run simulate` goes through as many
 * as one has time for.
 */
export function promiseAllKept(first: number, last: number): void {
  describe(`a cluster of nodes in virtual time, seeds ${first} to ${last}`, () => {
    let simulation: Simulation;
    beforeAll(async () => {
      simulation = await startSimulation();
    }, 120_000);
    afterAll(() => simulation.close());

    it("keeps every promise, whatever befalls it", { timeout: 900_000 }, async () => {
      const tally = { runs: 0, lost: 0 };
      for (let seed = first; seed <= last; seed++) {
        const outcome = await simulation.run(seed);
        expect(outcome.breaches, `npm run simulate -- --seed ${seed} --seeds 1 --trace trace.txt`).toEqual([]);
        tally.runs += outcome.tally.runs;
        tally.lost += outcome.tally.lost;
      }
      // Where nothing goes wrong, nothing is shown.
      expect(tally.runs).toBeGreaterThan(25 * (last - first + 1));
      expect(tally.lost).toBeGreaterThan(0);
    });
  });
}
