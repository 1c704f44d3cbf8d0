import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { guards, withoutGuard } from "./guards.ts";
import { type Simulation, startSimulation } from "./simulation.ts";

describe("a guard that is taken away", () => {
  const sent = new Set<string>();
  let simulation: Simulation;
  beforeAll(async () => {
    simulation = await startSimulation((statement) => {
      sent.add(statement);
      return statement;
    });
    // Together these have all that nodes ever send.
    for (const seed of [1, 2, 3]) await simulation.run(seed);
  }, 120_000);
  afterAll(() => simulation.close());

  it.each(guards)("is missing from statements that nodes send, each of its words: $name", (guard) => {
    const meant = [...sent].filter((statement) => statement.includes(guard.within));
    for (const [stands] of guard.cuts) expect(meant.some((statement) => statement.includes(stands))).toBe(true);
    expect(meant.every((statement) => withoutGuard(guard, statement) !== statement)).toBe(true);
    expect([...sent].filter((statement) => !meant.includes(statement)).every((other) => withoutGuard(guard, other) === other)).toBe(true);
  });
});

describe("the simulation", () => {
  it("notices within a few seeds that a node writes results of runs that it does not hold", { timeout: 60_000 }, async () => {
    const [holder] = guards.filter(({ name }) => name === "settle-holder");
    const simulation = await startSimulation((statement) => (holder ? withoutGuard(holder, statement) : statement));
    const breaches: string[] = [];
    for (let seed = 1; seed <= 5 && breaches.length === 0; seed++) breaches.push(...(await simulation.run(seed)).breaches);
    await simulation.close();
    expect(breaches.length).toBeGreaterThan(0);
  });
});
