import type { Facts } from "../facts.ts";
import type { Mode } from "../proxy/modes.ts";
import type { Evidence, Scenario } from "../scenario.ts";

const ttlMs = 2_000;
/** Five lease times: the others have taken over long before the way heals. */
const cutMs = 10_000;
const shortCutMs = 5_000;
const pauseMs = 6_000;

type Cut = { name: string; mode: Mode; what: string };

/** A node's way to the database fails in one manner, node after node, five lease times each. */
function cutScenario({ name, mode, what }: Cut): Scenario {
  return {
    name,
    what: `${what}, for 10 s (5 s in a short run), each node in turn; the lease is 2 s.`,
    shows: "the others declared the node dead, and it joined again in the same process",
    seconds: 60,
    nodes: 3,
    flags: ["--lease-ttl", `${ttlMs}ms`],
    proxied: true,
    async run({ proxy, cluster, faults, clock, rest, wait, count }) {
      const isShort = clock.endMs - clock.startMs < 30_000;
      for (let turn = 0; await rest(turn === 0 ? 2_000 : pauseMs); turn++) {
        const place = turn % cluster.places.length;
        await faults.last(name, cluster.places[place]?.name ?? "", async () => {
          await proxy?.set(place, mode);
          await wait(isShort ? shortCutMs : cutMs);
          const counts = await proxy?.set(place, "pass");
          count("tornConnections", counts?.torn ?? 0);
          count("heldChunks", counts?.heldChunks ?? 0);
        });
      }
    },
    bitten: ({ faults, facts, lives, figures }: Evidence) => {
      const rejoined = rejoinedNodes(facts);
      return { bit: faults.length > 0 && rejoined > 0 && lives.length === 3, cuts: faults.length, rejoined, ...figures };
    },
  };
}

/** How often a name joined again, beyond the first time. */
function rejoinedNodes({ nodes }: Facts): number {
  return nodes.length - new Set(nodes.map((node) => node.name)).size;
}

export const networkScenarios: readonly Scenario[] = [
  cutScenario({ name: "network-cut", mode: "cut", what: "Tears a node's connections to the database down and refuses new ones" }),
  cutScenario({
    name: "half-open",
    mode: "silent",
    what: "Lets nothing through between a node and the database, without a word to either",
  }),
  cutScenario({
    name: "answers-lost",
    mode: "deaf",
    what: "Lets a node's statements reach the database, which carries them out, and holds every answer back",
  }),
  cutScenario({ name: "requests-lost", mode: "mute", what: "Holds a node's statements back, while what the database says still arrives" }),
];

const delaysMs = [100, 400];

export const slowNetwork: Scenario = {
  name: "slow-network",
  what: "Delays everything between all nodes and the database by 100 ms, then by 400 ms, give or take a half, each way; the lease is 2 s.",
  shows: "thousands of pieces were delayed, and occurrences arrived later by at least the delay",
  seconds: 60,
  nodes: 3,
  flags: ["--lease-ttl", `${ttlMs}ms`],
  proxied: true,
  async run({ proxy, cluster, faults, clock, rest, wait, count }) {
    const eachMs = (clock.endMs - clock.startMs) / 3;
    await rest(2_000);
    for (const delayMs of delaysMs) {
      await faults.last(`${delayMs} ms each way`, "all nodes", async () => {
        for (const place of cluster.places.keys()) await proxy?.set(place, "slow", delayMs);
        await wait(eachMs);
      });
    }
    for (const place of cluster.places.keys()) count("slowedChunks", (await proxy?.set(place, "pass"))?.slowedChunks ?? 0);
  },
  bitten({ facts, figures, faultLagMs }) {
    const p50 = faultLagMs?.p50 ?? 0;
    const slowedChunks = figures["slowedChunks"] ?? 0;
    return { bit: slowedChunks > 1_000 && p50 > 100, slowedChunks, lagP50Ms: p50, rejoined: rejoinedNodes(facts) };
  },
};
