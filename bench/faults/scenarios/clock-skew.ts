import type { Scenario } from "../scenario.ts";

const hourMs = 3_600_000;
/** One node is right. */
const offsetsMs = [0, hourMs, -hourMs];

export const clockSkew: Scenario = {
  name: "clock-skew",
  what: "Runs one node with a clock that is an hour ahead, one with a clock an hour behind, and one whose clock is right; kills the right one half-way.",
  shows: "the nodes tell how far their clocks are off, and the two wrong ones carried out attempts",
  seconds: 60,
  nodes: 3,
  env: (place) => ({
    NODE_OPTIONS: `--import=${new URL("../shift-clock.mjs", import.meta.url).href}`,
    FAULTS_CLOCK_OFFSET_MS: String(offsetsMs[place] ?? 0),
  }),
  async run({ cluster, faults, clock, rest, wait }) {
    await faults.last("clocks off by an hour", "node-2, node-3", async () => {
      await rest((clock.endMs - clock.startMs) / 2);
      faults.mark("kill -9", "node-1");
      await cluster.places[0]?.kill();
      await wait(clock.endMs - Date.now());
    });
    await cluster.places[0]?.start();
  },
  bitten({ facts }) {
    const offsetOf = (name: string): number =>
      facts.nodes.find((node) => node.name === name && node.clockOffsetMs !== null)?.clockOffsetMs ?? 0;
    const wrong = facts.nodes.filter((node) => Math.abs(node.clockOffsetMs ?? 0) > hourMs / 2);
    const attempts = facts.attempts.filter((attempt) => wrong.some((node) => node.nodeId === attempt.nodeId)).length;
    const [ahead, behind] = [offsetOf("node-2"), offsetOf("node-3")];
    return { bit: ahead > hourMs / 2 && behind < -hourMs / 2 && attempts > 0, aheadMs: ahead, behindMs: behind, attempts };
  },
};
