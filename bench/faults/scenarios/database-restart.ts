import type { Scenario } from "../scenario.ts";

/** Of the short kind and of the long, in turn: how long the database is away. */
const downMs = [0, 2_000];
const firstMs = 2_000;

export const databaseRestart: Scenario = {
  name: "database-restart",
  what: "Crashes the database (immediate shutdown, recovery at the next start) every 5 to 10 s, and starts it again at once or after 2 s.",
  shows: "each time another server process answers, and both the nodes and a client beside them met errors",
  seconds: 60,
  nodes: 3,
  async run({ database, faults, rest, wait }) {
    for (let turn = 0; await rest(turn === 0 ? firstMs : 5_000 + Math.random() * 5_000); turn++) {
      await faults.last("database crash", `server ${database.pid()}`, async () => {
        await database.down("crash");
        await wait(downMs[turn % downMs.length] ?? 0);
        await database.up();
      });
    }
  },
  bitten({ faults, watched, gauges }) {
    const servers = new Set(faults.map((fault) => fault.on)).size;
    const loopFailures = gauges.reduce((sum, gauge) => sum + gauge.loopFailures, 0);
    const bit = faults.length > 0 && servers === faults.length && loopFailures > 0;
    return { bit, restarts: faults.length, loopFailures, failedReads: watched.failures };
  },
};
