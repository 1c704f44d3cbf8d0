import type { Scenario } from "../scenario.ts";

/** Between two restarts. */
const pauseMs = 1_000;

export const rollingDeploy: Scenario = {
  name: "rolling-deploy",
  what: "Restarts node after node with SIGTERM under load, 20 times in two minutes: each finishes what it has begun and leaves, and the next one joins.",
  shows: "as many processes as restarts ended with code 0, each after it had owned shards",
  seconds: 120,
  nodes: 3,
  async run({ cluster, faults, rest }) {
    const { places } = cluster;
    for (let turn = 0; await rest(pauseMs); turn++) {
      const place = places[turn % places.length];
      await faults.last("restart", place?.name ?? "", async () => {
        await place?.stop();
        await place?.start();
      });
    }
  },
  bitten({ faults, facts, lives, watched }) {
    const restarts = faults.length;
    const owners = new Set(watched.ownerships.flatMap(({ owner }) => owner ?? [])).size;
    const lostAttempts = facts.attempts.filter((attempt) => attempt.outcome === "lost").length;
    return { bit: restarts > 0 && lives.length === 3 + restarts && owners > 3, restarts, owners, lostAttempts };
  },
};
