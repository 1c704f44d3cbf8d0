import { withIntruder } from "../intruder.ts";
import type { Scenario } from "../scenario.ts";

/** Longer than the time limit of the nodes' statements, which is 5 s. */
const holdMs = 7_000;
const pauseMs = 6_000;

export const lockedTables: Scenario = {
  name: "locked-tables",
  what: "Another client locks the cursors and the live runs against everyone for 7 s, longer than the time limit of a statement (5 s), again and again.",
  shows: "looks of the nodes failed, and occurrences came as late as the lock lasted, while every node kept its lease",
  seconds: 60,
  nodes: 3,
  async run({ database, faults, rest, wait }) {
    for (let turn = 0; await rest(turn === 0 ? 2_000 : pauseMs); turn++) {
      await withIntruder(database.url, async (client) => {
        await client.query("begin");
        await client.query("lock table punctual.cursors, punctual.live_runs in access exclusive mode");
        await faults.last("tables locked", "all nodes", () => wait(holdMs));
        await client.query("commit");
      });
    }
  },
  bitten({ faults, facts, gauges, faultLagMs }) {
    const loopFailures = gauges.reduce((sum, gauge) => sum + gauge.loopFailures, 0);
    const lagMaxMs = faultLagMs?.max ?? 0;
    return { bit: loopFailures > 0 && lagMaxMs > holdMs / 2, locks: faults.length, loopFailures, lagMaxMs, leases: facts.nodes.length };
  },
};
