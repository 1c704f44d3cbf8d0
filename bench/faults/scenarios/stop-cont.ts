import type { Facts } from "../facts.ts";
import type { Scenario } from "../scenario.ts";

/** Short, so that a stop of ten times as long fits into a minute. */
const ttlMs = 2_000;
/** How long a node is stopped, in lease times; a short run has only the first. */
const stops = [2, 1, 10];
const pauseMs = 3_000;

export const stopCont: Scenario = {
  name: "stop-cont",
  what: "Stops a node's process (SIGSTOP) for 2, 1 and 10 times its lease of 2 s, at moments of no choice, and lets it go on (SIGCONT) as if nothing had happened.",
  shows: "its attempts are recorded as lost, and what it wrote when it woke was turned away and kept as late evidence",
  seconds: 60,
  nodes: 3,
  flags: ["--lease-ttl", `${ttlMs}ms`],
  async run({ cluster, faults, rest, wait }) {
    const { places } = cluster;
    for (let turn = 0; ; turn++) {
      const place = places[turn % places.length];
      const stopMs = (stops[turn % stops.length] ?? 1) * ttlMs;
      // Moments differ by a part of a second, so that over the turns each step of a run is met.
      if (!place || !(await rest(turn === 0 ? 2_000 : pauseMs + Math.random() * 1_000))) return;
      await faults.last(`SIGSTOP ${stopMs / 1_000} s`, place.name, async () => {
        place.signal("SIGSTOP");
        await wait(stopMs);
        place.signal("SIGCONT");
      });
    }
  },
  bitten({ faults, facts, gauges }) {
    const moments = momentsOf(facts);
    const turnedAway = gauges.reduce((sum, gauge) => sum + gauge.resultsLost, 0);
    return { bit: faults.length > 0 && moments.lostAttempts > 0 && moments.late > 0, stops: faults.length, ...moments, turnedAway };
  },
};

/** In which step of an attempt its node was stopped: a late result tells that the request had left, a lost attempt without one that nothing came of it. */
function momentsOf({ attempts }: Facts) {
  const late = attempts.filter((attempt) => attempt.late);
  const withLate = new Set(late.map(({ runId, attempt }) => `${runId} ${attempt}`));
  const lost = attempts.filter((attempt) => attempt.outcome === "lost" && !attempt.late);
  const afterSend = lost.filter(({ runId, attempt }) => withLate.has(`${runId} ${attempt}`)).length;
  return { lostAttempts: lost.length, late: late.length, lostAfterSend: afterSend, lostWithoutResult: lost.length - afterSend };
}
