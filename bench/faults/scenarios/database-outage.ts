import type { Scenario } from "../scenario.ts";

/** At most; a shorter run has a shorter one, half of its time. */
const longestMs = 120_000;
const leadMs = 3_000;

export const databaseOutage: Scenario = {
  name: "database-outage",
  what: "Stops the database once, for 120 s (half of a shorter run), and starts it again. Nodes are not touched.",
  shows: "requests of the API are answered 503 with Retry-After meanwhile, nothing arrives for as long, and no node was restarted",
  seconds: 180,
  nodes: 3,
  async run({ database, cluster, apiKey, faults, clock, rest, wait, count }) {
    const outageMs = Math.min(longestMs, (clock.endMs - clock.startMs) / 2);
    await rest(leadMs);
    await faults.last(`database away ${Math.round(outageMs / 1_000)} s`, "all nodes", async () => {
      await database.down("stop");
      const upAt = Date.now() + outageMs;
      for (const { url } of cluster.alive()) count("answers503", await isTurnedAway(url, apiKey));
      await wait(upAt - Date.now());
      await database.up();
    });
  },
  bitten({ faults, figures, gauges, lives, watched }) {
    const answers503 = figures["answers503"] ?? 0;
    const loopFailures = gauges.reduce((sum, gauge) => sum + gauge.loopFailures, 0);
    const bit = faults.length === 1 && answers503 === 3 && loopFailures > 0 && lives.length === 3;
    return { bit, answers503, loopFailures, failedReads: watched.failures };
  },
};

/** 1 when the node says 503 and when to come back, else 0. */
async function isTurnedAway(url: string, apiKey: string): Promise<number> {
  const answer = await fetch(`${url}/v1/jobs`, { headers: { authorization: `Bearer ${apiKey}` } }).catch(() => null);
  return answer?.status === 503 && answer.headers.get("retry-after") !== null ? 1 : 0;
}
