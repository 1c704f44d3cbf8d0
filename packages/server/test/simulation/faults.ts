import type { Chance } from "./random.ts";
import type { Statement } from "./way.ts";
import { calm, type Weather } from "./weather.ts";

/** One fault of a plan; times in ms since the simulation began. */
export type Fault =
  | { kind: "crash"; atMs: number; node: number; backAfterMs: number }
  | { kind: "stop"; atMs: number; node: number; drainMs: number; backAfterMs: number }
  | { kind: "pause"; atMs: number; node: number; forMs: number }
  | { kind: "stall"; atMs: number; node: number; sending: Sending; lateMs: number; forMs: number }
  | { kind: "overtaking"; atMs: number; node: number; what: Overtaking }
  | { kind: "cut"; atMs: number; node: number; forMs: number }
  | { kind: "cut from work"; atMs: number; node: number; forMs: number }
  | { kind: "outage"; atMs: number; forMs: number };

/**
 * What a process may be about to send when it is stalled: it has looked, trusts its lease and has decided. It arrives when its lease has ended: what it decided on
 * is as it was a moment after, and others have gone on with it a while later. Weather alone hardly ever comes so late and no later.
 */
export const sendings = {
  "a claim": ({ name }: Statement) => name === "claim" || name === "claim_newest",
  "a queue's claim": ({ name, values }: Statement) => name === "claim_from_queue" && values[4] !== null,
  "a fire": ({ name }: Statement) => name.startsWith("fire"),
  "a result": ({ name }: Statement) => name.startsWith("settle"),
  "a taking": ({ name }: Statement) => name.startsWith(shardStatements.taking),
} as const;
export type Sending = keyof typeof sendings;

/** How the statements begin that change shards. */
export const shardStatements = {
  taking: "update punctual.shards s set owner = $1",
  release: "update punctual.shards s set owner = null",
  marks: "update punctual.shards s set watermark",
} as const;

/**
 * What is held up on its way until its sender, who has given it up, sends another about the same shards, or until somebody fires later occurrences of its jobs: how both
 * begin, and how much later than the other it gets away. Marks are stored every five seconds, a shard seldom comes back to who gave it away, and a cursor is due for a
 * moment only, which the fire that moves it on must not have ended: weather alone is hardly ever so late, and at the right moment.
 */
export const overtakings = {
  "marks by the next": { what: shardStatements.marks, by: shardStatements.marks, lateMs: 5 },
  "marks by a taking": { what: shardStatements.marks, by: shardStatements.taking, lateMs: 5 },
  "a release by a taking": { what: shardStatements.release, by: shardStatements.taking, lateMs: 5 },
  "a fire by a later one": { what: "fire", by: "fire", lateMs: 0 },
} as const;
export type Overtaking = keyof typeof overtakings;

export type Plan = {
  nodes: number;
  slots: number;
  leaseTtlMs: number;
  /** After this long the database gives up a statement; its client a little later. */
  dbTimeoutMs: number;
  /** How long faults go on, and occurrences fall due. */
  chaosMs: number;
  weather: Weather;
  faults: readonly Fault[];
};

/**
 * What befalls the cluster of a seed. Each seed has only some kinds of fault, and some of them often: with all of them in every seed, nothing would ever get
 * far enough to go wrong in an interesting way.
 */
export function planFaults(chance: Chance): Plan {
  const nodes = chance.pick([2, 2, 3, 3, 4]);
  const leaseTtlMs = chance.pick([2_000, 4_000]);
  const chaosMs = chance.whole(6_000, 12_000);
  const faults: Fault[] = [];
  const some = (most: number, make: (at: { atMs: number; node: number }) => Fault): void => {
    const count = chance.happens(0.5) ? chance.whole(1, most) : 0;
    for (let n = 0; n < count; n++) faults.push(make({ atMs: chance.between(500, chaosMs), node: chance.whole(0, nodes - 1) }));
  };
  some(3, (at) => ({ kind: "crash", ...at, backAfterMs: chance.between(100, 2 * leaseTtlMs) }));
  some(2, (at) => ({ kind: "stop", ...at, drainMs: chance.whole(0, 3_000), backAfterMs: chance.between(100, 3_000) }));
  some(4, (at) => ({ kind: "pause", ...at, forMs: leaseTtlMs * chance.between(1, 10) ** chance.between(0.2, 1) }));
  some(6, (at) => ({
    ...{ kind: "stall", ...at, sending: chance.pick(stalled), lateMs: chance.pick([0, 5, 50]) },
    forMs: leaseTtlMs * chance.between(0, 2),
  }));
  some(2, (at) => ({
    ...{ kind: "stall", ...at, sending: "a result", lateMs: leaseTtlMs * chance.between(0.3, 2) },
    forMs: leaseTtlMs * chance.between(0, 1),
  }));
  some(1, (at) => ({
    ...{ kind: "stall", ...at, sending: "a taking", lateMs: chance.pick([0, 5, 50]) },
    forMs: leaseTtlMs * chance.between(0, 1),
  }));
  // Soon, as each waits for its moment.
  some(6, ({ atMs, node }) => ({ kind: "overtaking", atMs: atMs / 2, node, what: chance.pick(overtaken) }));
  some(3, (at) => ({ kind: "cut", ...at, forMs: leaseTtlMs * chance.between(0.2, 3) }));
  some(2, (at) => ({ kind: "cut from work", ...at, forMs: leaseTtlMs * chance.between(0.5, 4) }));
  some(1, ({ atMs }) => ({ kind: "outage", atMs, forMs: leaseTtlMs * chance.between(0.2, 2) }));
  faults.push(...(chance.happens(0.25) ? restlessness(chance, chaosMs) : []));
  const dbTimeoutMs = chance.pick([500, 1_500, 5_000]);
  return { nodes, slots: chance.pick([3, 20]), leaseTtlMs, dbTimeoutMs, chaosMs, weather: weatherOf(chance), faults };
}

/** A node that does not stay: what it takes comes back to who had it before. */
function restlessness(chance: Chance, chaosMs: number): Fault[] {
  const faults: Fault[] = [];
  for (let atMs = chance.between(500, 3_000); atMs < chaosMs; atMs += chance.between(1_500, 3_500))
    faults.push({ kind: "stop", atMs, node: 0, drainMs: chance.whole(0, 500), backAfterMs: chance.between(100, 1_000) });
  return faults;
}

/** The more often, the less often there is something to claim. */
const stalled: readonly Sending[] = ["a claim", "a claim", "a claim", "a queue's claim", "a queue's claim", "a fire"];

/** The more often, the more has to come together. */
const overtaken: readonly Overtaking[] = [
  "marks by the next",
  "marks by a taking",
  "a release by a taking",
  "a release by a taking",
  "a fire by a later one",
  "a fire by a later one",
];

/** What it is worth to hit, two at a time: the statements that decide something. Twice those whose guards only a late arrival puts to the test. */
const targets = [
  "fire",
  "fire",
  "settle",
  "settle",
  "claim",
  "due",
  "plans",
  "wake",
  "orphans",
  "renew_node",
  shardStatements.taking,
  shardStatements.taking,
  shardStatements.release,
  "shards",
];

function weatherOf(chance: Chance): Weather {
  return {
    ...calm,
    refused: chance.pick([0, 0.02, 0.1]),
    unanswered: chance.pick([0, 0.02, 0.1]),
    delayed: chance.pick([0, 0.03, 0.15]),
    latestMs: chance.pick([100, 3_000, 8_000]),
    hard: { names: [chance.pick(targets), chance.pick(targets)], likely: chance.pick([0.1, 0.4]) },
  };
}
