import { poolerMissing } from "../pooler.ts";
import type { Scenario } from "../scenario.ts";

/** How long the pooler is away, in turn. */
const awayMs = [0, 3_000];
const firstMs = 3_000;
const pauseMs = 8_000;

export const pgbouncer: Scenario = {
  name: "pgbouncer",
  what: "All nodes reach the database through PgBouncer in transaction mode, their wake-ups are cut off, and the pooler is killed every 8 s and started again at once or after 3 s.",
  shows: "the nodes' connections shared fewer of the server's, thousands of transactions went through, and each kill was felt",
  seconds: 60,
  nodes: 3,
  pooled: true,
  proxied: true,
  needs: poolerMissing,
  async run({ cluster, pooler, proxy, faults, rest, wait, count }) {
    if (!pooler) throw new Error("there is no pooler");
    for (const place of cluster.places.keys()) {
      await proxy?.set(place, "cut");
      // A way that is cut tells what it has torn when it is set again.
      count("wakeLinesTorn", (await proxy?.set(place, "cut"))?.torn ?? 0);
    }
    for (let turn = 0; await rest(turn === 0 ? firstMs : pauseMs); turn++) {
      const { clients, servers, transactions } = await pooler.counts();
      count("transactions", transactions);
      count("sharing", clients > servers ? 1 : 0);
      await faults.last("pooler killed", "all nodes", async () => {
        await pooler.kill();
        await wait(awayMs[turn % awayMs.length] ?? 0);
        await pooler.start();
      });
    }
    count("transactions", (await pooler.counts()).transactions);
  },
  bitten({ faults, figures, gauges, lives }) {
    const loopFailures = gauges.reduce((sum, gauge) => sum + gauge.loopFailures, 0);
    const { transactions = 0, sharing = 0, wakeLinesTorn = 0 } = figures;
    const isPooled = transactions > 1_000 && sharing === faults.length && wakeLinesTorn >= 3;
    return { bit: faults.length > 0 && isPooled && loopFailures > 0 && lives.length === 3, kills: faults.length, ...figures, loopFailures };
  },
};
