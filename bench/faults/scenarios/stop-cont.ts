import type { Facts } from "../facts.ts";
import type { Scenario } from "../scenario.ts";
import { createStopper, moments } from "../stop-moments.ts";

/** Short, so that a stop of ten times as long fits into a minute. */
const ttlMs = 2_000;
/** How long a node is stopped, in lease times; a short run has only the first. With four moments, every one of them meets every length in twelve turns. */
const stops = [2, 1, 10];
const pauseMs = 3_000;

export const stopCont: Scenario = {
  name: "stop-cont",
  what: "Stops a node's process (SIGSTOP) for 2, 1 and 10 times its lease of 2 s, in turn when it is about to write a result, about to take a run, has taken one without knowing, and has sent a request, and lets it go on (SIGCONT) as if nothing had happened.",
  shows:
    "each stop was at its moment, attempts are recorded as lost, and what a stopped node wrote when it woke was turned away and kept as late evidence",
  seconds: 60,
  nodes: 3,
  flags: ["--lease-ttl", `${ttlMs}ms`],
  proxied: true,
  async run(stage) {
    const { cluster, proxy, faults, rest, wait, count } = stage;
    const stopper = await createStopper(stage);
    for (const moment of moments) count(moment, 0);
    for (let turn = 0; await rest(turn === 0 ? 2_000 : pauseMs); turn++) {
      const moment = moments[turn % moments.length] ?? "afterSend";
      const stopMs = (stops[turn % stops.length] ?? 1) * ttlMs;
      const place = await stopper.stopAt(moment, turn % cluster.places.length);
      count(place ? moment : "momentsMissed", 1);
      if (!place) continue;
      await faults.last(`SIGSTOP ${stopMs / 1_000} s ${moment}`, place.name, async () => {
        await wait(stopMs);
        await proxy?.set(cluster.places.indexOf(place), "pass");
        place.signal("SIGCONT");
      });
    }
    await stopper.end();
  },
  bitten({ faults, facts, gauges, figures }) {
    const results = resultsOf(facts);
    const turnedAway = gauges.reduce((sum, gauge) => sum + gauge.resultsLost, 0);
    const isAtMoments = faults.length > 0 && figures["momentsMissed"] === undefined;
    return { bit: isAtMoments && results.lostAttempts > 0 && results.late > 0, stops: faults.length, ...figures, ...results, turnedAway };
  },
};

/** A late result tells that the request had left, a lost attempt without one that nothing came of it. */
function resultsOf({ attempts }: Facts) {
  const late = attempts.filter((attempt) => attempt.late);
  const withLate = new Set(late.map(({ runId, attempt }) => `${runId} ${attempt}`));
  const lost = attempts.filter((attempt) => attempt.outcome === "lost" && !attempt.late);
  const afterSend = lost.filter(({ runId, attempt }) => withLate.has(`${runId} ${attempt}`)).length;
  return { lostAttempts: lost.length, late: late.length, lostAfterSend: afterSend, lostWithoutResult: lost.length - afterSend };
}
