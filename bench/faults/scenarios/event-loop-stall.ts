import type { Scenario } from "../scenario.ts";

const ttlMs = 4_000;
/** Below the lease, around the end of a node's own trust in it (3.5 s), and beyond. */
const stallsMs = [1_500, 3_000, 3_600, 6_000];

export const eventLoopStall: Scenario = {
  name: "event-loop-stall",
  what: "Keeps a node from running for 1.5 to 6 s in bursts of 450 ms with 50 ms between, as a process does whose event loop is blocked again and again.",
  shows: "occurrences of the node's jobs came late while it stalled, by at least 300 ms",
  seconds: 60,
  nodes: 3,
  flags: ["--lease-ttl", `${ttlMs}ms`],
  async run({ cluster, faults, rest, wait, count }) {
    const { places } = cluster;
    for (let turn = 0; ; turn++) {
      const place = places[turn % places.length];
      const stallMs = stallsMs[turn % stallsMs.length] ?? 0;
      if (!place || !(await rest(2_000 + Math.random() * 500))) return;
      await faults.last(`stalls ${stallMs / 1_000} s`, place.name, async () => {
        for (let passedMs = 0; passedMs < stallMs; passedMs += 500) {
          place.signal("SIGSTOP");
          await wait(450);
          place.signal("SIGCONT");
          count("bursts", 1);
          await wait(50);
        }
      });
    }
  },
  bitten({ faults, figures, faultLagMs }) {
    const lateBy = faultLagMs?.max ?? 0;
    return { bit: faults.length > 0 && lateBy >= 300, stalls: faults.length, bursts: figures["bursts"] ?? 0, lateByMs: lateBy };
  },
};
