import { primaryOf, writeTo } from "../primary.ts";
import type { Scenario } from "../scenario.ts";

const firstMs = 5_000;
/** How long the new primary works alone before the old one is back. */
const aloneMs = 3_000;
const pauseMs = 8_000;
const killed = "primary killed";
/** From the promotion until occurrences that became due after the kill arrive. */
const continueMs = 10_000;
const readOnly = "25006";

export const failover: Scenario = {
  name: "failover",
  what: "Under load, holds the replication stream of a primary and its synchronous standby back for 2 s, and kills the primary and its Patroni; when the standby has taken over, revives the old primary; and again the other way round.",
  shows:
    "each time the other server takes writes, the nodes and a client beside them met errors, and the old primary is back as a standby that refuses to be written to",
  seconds: 120,
  nodes: 2,
  replicated: true,
  async run({ database, faults, rest, wait, count }) {
    for (let turn = 0; await rest(turn === 0 ? firstMs : pauseMs); turn++) {
      const old = await primaryOf(database.servers);
      await faults.last(killed, `server ${database.pid()}`, () => database.down("crash"));
      count("promotions", 1);
      await wait(aloneMs);
      await faults.last("old primary revived", new URL(old).host, () => database.up());
      count("refusedByOld", (await writeTo(old)) === readOnly ? 1 : 0);
    }
  },
  bitten({ faults, figures, gauges, watched, arrivals }) {
    const kills = faults.filter(({ kind }) => kind === killed);
    const { promotions = 0, refusedByOld = 0 } = figures;
    const loopFailures = gauges.reduce((sum, gauge) => sum + gauge.loopFailures, 0);
    const outagesMs = kills.map(({ fromMs, toMs }) => toMs - fromMs);
    const continuedMs = kills.map(({ fromMs, toMs }) => {
      const next = arrivals.filter(({ nominalMs, receivedMs }) => nominalMs > fromMs && receivedMs >= toMs).map((each) => each.receivedMs);
      return Math.min(...next) - toMs;
    });
    const longestContinuedMs = Math.max(0, ...continuedMs);
    const isWhole = promotions > 0 && promotions === kills.length && refusedByOld === promotions;
    const bit = isWhole && loopFailures > 0 && watched.failures > 0 && longestContinuedMs <= continueMs;
    return {
      ...{ bit, promotions, refusedByOld, loopFailures, failedReads: watched.failures },
      ...{ longestOutageMs: Math.max(0, ...outagesMs), longestContinuedMs },
    };
  },
};
