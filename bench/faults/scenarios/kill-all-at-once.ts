import type { Scenario } from "../scenario.ts";

const everyMs = 15_000;
const firstMs = 3_000;

export const killAllAtOnce: Scenario = {
  name: "kill-all-at-once",
  what: "Ends all nodes with kill -9 at the same moment every 15 s, and starts them again.",
  shows: "attempts that were under way are recorded as lost, and shards have new owners",
  seconds: 60,
  nodes: 3,
  async run({ cluster, faults, rest }) {
    for (let turn = 0; await rest(turn === 0 ? firstMs : everyMs); turn++) {
      await faults.last("kill -9", "all nodes", async () => {
        await Promise.all(cluster.places.map((place) => place.kill()));
        await Promise.all(cluster.places.map((place) => place.start()));
      });
    }
  },
  bitten({ faults, facts, lives }) {
    const lostAttempts = facts.attempts.filter((attempt) => attempt.outcome === "lost").length;
    return { bit: faults.length > 0 && lostAttempts > 0, kills: faults.length, processes: lives.length, lostAttempts };
  },
};
