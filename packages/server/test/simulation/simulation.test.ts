import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Simulation, startSimulation } from "./simulation.ts";

let simulation: Simulation;
beforeAll(async () => {
  simulation = await startSimulation();
}, 120_000);
afterAll(() => simulation.close());

describe("a cluster of nodes in virtual time", () => {
  it("lives through a seed in the same way every time, whatever ran before it", { timeout: 60_000 }, async () => {
    const first = await simulation.run(3);
    await simulation.run(11);
    const second = await simulation.run(3);
    expect(second.trace).toEqual(first.trace);
    expect(second.digest).toBe(first.digest);
    expect((await simulation.run(2)).digest).not.toBe(first.digest);
  });
});
