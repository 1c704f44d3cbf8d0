import type { Scenario } from "../scenario.ts";

const everyMs = 5_000;
/** The first kill comes soon, so that a short run has one, too. */
const firstMs = 2_000;

export const killEvery5s: Scenario = {
  name: "kill-every-5s",
  what: "Ends a node with kill -9 every 5 s, each in turn, and starts it again.",
  shows: "attempts that were under way are recorded as lost, and the dead were declared dead by others",
  seconds: 60,
  nodes: 3,
  async run({ cluster, faults, rest }) {
    const { places } = cluster;
    const starts: Promise<void>[] = [];
    for (let turn = 0; await rest(turn === 0 ? firstMs : everyMs); turn++) {
      const place = places[turn % places.length];
      await starts[turn - places.length];
      if (!place) return;
      faults.mark("kill -9", place.name);
      await place.kill();
      const starting = place.start();
      // Awaited when its turn comes again; until then a failure must not count as unhandled.
      starting.catch(() => {});
      starts.push(starting);
    }
    await Promise.all(starts);
  },
  bitten({ faults, facts }) {
    const lost = facts.attempts.filter((attempt) => attempt.outcome === "lost").length;
    return { bit: faults.length > 0 && lost > 0, kills: faults.length, lostAttempts: lost };
  },
};
