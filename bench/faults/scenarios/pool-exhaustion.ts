import type pg from "pg";
import { openIntruder, withIntruder } from "../intruder.ts";
import type { Scenario } from "../scenario.ts";

const holdMs = 6_000;
const pauseMs = 6_000;
const grabEveryMs = 50;
/** Every second connection of the nodes, so that they have to come back for more while there is none. */
const robSql =
  "select count(pg_terminate_backend(pid))::int as robbed from pg_stat_activity where application_name like 'punctual %' and pid % 2 = 0";

export const poolExhaustion: Scenario = {
  name: "pool-exhaustion",
  what: "Another client takes every connection that the database has left, ends half of the nodes' own, takes those too, and holds them all for 6 s.",
  shows: "the database refused further connections, and looks of the nodes failed",
  seconds: 60,
  nodes: 3,
  settings: { max_connections: "60" },
  async run({ database, faults, rest, wait, count }) {
    for (let turn = 0; await rest(turn === 0 ? 2_000 : pauseMs); turn++) {
      await withIntruder(database.url, async (thief) => {
        const taken: pg.Client[] = [];
        await faults.last("no connection left", "all nodes", async () => {
          const untilMs = Date.now() + holdMs;
          taken.push(...(await takeAll(database.url)));
          count("robbed", (await thief.query<{ robbed: number }>(robSql)).rows[0]?.robbed ?? 0);
          for (; Date.now() < untilMs; await wait(grabEveryMs)) {
            const more = await takeAll(database.url);
            taken.push(...more);
            count("refusals", 1);
          }
        });
        count("taken", taken.length);
        await Promise.all(taken.map((client) => client.end()));
      });
    }
  },
  bitten({ faults, figures, gauges, lives }) {
    const loopFailures = gauges.reduce((sum, gauge) => sum + gauge.loopFailures, 0);
    const bit =
      faults.length > 0 && (figures["robbed"] ?? 0) > 0 && (figures["refusals"] ?? 0) > 0 && loopFailures > 0 && lives.length === 3;
    return { bit, ...figures, loopFailures };
  },
};

/** Opens connections until the database has none left. */
async function takeAll(databaseUrl: string): Promise<pg.Client[]> {
  const taken: pg.Client[] = [];
  for (;;) {
    try {
      taken.push(await openIntruder(databaseUrl));
    } catch (error) {
      if ((error as { code?: unknown }).code === "53300") return taken;
      throw error;
    }
  }
}
