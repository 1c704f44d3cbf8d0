import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shardCount } from "../../src/model/ids.ts";
import { assignShards } from "../../src/model/shard-assignment.ts";

type Owners = (number | null)[];

const nobody: Owners = Array.from({ length: shardCount }, () => null);
const twenty = Array.from({ length: 20 }, (_, index) => index + 1);
const nodeId = fc.integer({ min: 1, max: 1_000_000 });
const nodeLists = fc.uniqueArray(nodeId, { minLength: 1, maxLength: 40 });
/** Nodes, and who owns what: some of it nobody or a node that is gone, in blocks of any size, or evenly but for a few. */
const situations = nodeLists.chain((nodes) => {
  const picks = fc.array(fc.constantFrom(null, -1, ...nodes), { minLength: 1, maxLength: shardCount });
  const owners = fc.oneof(
    picks.map((cycle): Owners => nobody.map((_, shard) => cycle[shard % cycle.length] ?? null)),
    picks.map((first): Owners => [...first, ...assignShards(nodes, nobody).reverse()].slice(0, shardCount)),
  );
  return fc.record({ nodes: fc.constant(nodes), owners });
});
const countOf = (owners: Owners, node: number): number => owners.filter((owner) => owner === node).length;
const countsOf = (owners: Owners, nodes: readonly number[]): number[] => nodes.map((node) => countOf(owners, node));
const isEven = (counts: readonly number[]): boolean => Math.max(...counts) - Math.min(...counts) <= 1;
const movesBetween = (before: Owners, after: Owners): (number | null)[] => before.filter((owner, shard) => owner !== after[shard]);

describe("the assignment of shards", () => {
  test("gives every shard to a live node, and no node two more than another", () => {
    fc.assert(
      fc.property(situations, ({ nodes, owners }) => {
        const counts = countsOf(assignShards(nodes, owners), nodes);
        expect(counts.reduce((sum, count) => sum + count)).toBe(shardCount);
        expect(isEven(counts)).toBe(true);
      }),
    );
  });

  test("is the same on every node, in whatever order it lists the others", () => {
    fc.assert(
      fc.property(situations, ({ nodes, owners }) => {
        expect(assignShards([...nodes].reverse(), owners)).toEqual(assignShards(nodes, owners));
      }),
    );
  });

  test("takes no more from anybody than evenness demands, and nothing once all are even", () => {
    fc.assert(
      fc.property(situations, ({ nodes, owners }) => {
        const wished = assignShards(nodes, owners);
        // Those that own most keep the one more that some must have.
        const shares = nodes.map((_, rank) => Math.ceil((shardCount - rank) / nodes.length));
        const demanded = countsOf(owners, nodes)
          .sort((a, b) => b - a)
          .reduce((sum, count, rank) => sum + Math.max(0, count - (shares[rank] ?? 0)), 0);
        expect(movesBetween(owners, wished).filter((owner) => nodes.includes(owner ?? 0))).toHaveLength(demanded);
        expect(assignShards(nodes, wished)).toEqual(wished);
      }),
    );
  });

  test("moves only the shards of whoever leaves, and only the newcomer's share when one joins", () => {
    fc.assert(
      fc.property(nodeLists, fc.array(nodeId, { maxLength: 20 }), (nodes, changes) => {
        let live = nodes;
        let owners: Owners = assignShards(live, nobody);
        for (const change of changes) {
          const isJoin = live.length < 2 || change % 2 === 0;
          const node = isJoin ? Math.max(...live) + change : (live[change % live.length] ?? 0);
          live = isJoin ? [...live, node] : live.filter((other) => other !== node);
          const after = assignShards(live, owners);
          expect(isEven(countsOf(after, live))).toBe(true);
          // All that the leaving one owned has to move.
          expect(movesBetween(owners, after)).toHaveLength(isJoin ? Math.floor(shardCount / live.length) : countOf(owners, node));
          owners = after;
        }
      }),
    );
    const before = assignShards(twenty, nobody);
    for (const leaving of twenty) {
      const staying = twenty.filter((node) => node !== leaving);
      expect(movesBetween(before, assignShards(staying, before)).filter((owner) => owner !== leaving)).toEqual([]);
    }
  });

  test("comes to rest however the nodes take turns, and without a move more when each decides on the rows as they are", () => {
    const turns = fc.array(fc.record({ at: fc.nat(), isStale: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(situations, turns, fc.boolean(), ({ nodes, owners }, some, mayBeStale) => {
        let now = owners.map((owner) => (nodes.includes(owner ?? 0) ? owner : null));
        const planned = movesBetween(now, assignShards(nodes, now)).filter((owner) => owner !== null).length;
        let released = 0;
        let seen = now;
        const turn = (node: number, view: Owners): void => {
          const wished = assignShards(nodes, view);
          now = now.map((owner, shard) => {
            // Compare-and-set: who decides on old rows changes nothing that has changed.
            if (owner !== view[shard]) return owner;
            if (owner === node && wished[shard] !== node) {
              released++;
              return null;
            }
            return owner === null && wished[shard] === node ? node : owner;
          });
        };
        for (const { at, isStale } of some) {
          if (!(isStale && mayBeStale)) seen = now;
          turn(nodes[at % nodes.length] ?? 0, seen);
        }
        for (let round = 0; round < 3; round++) for (const node of nodes) turn(node, now);
        expect(assignShards(nodes, now)).toEqual(now);
        expect(mayBeStale || released === planned).toBe(true);
      }),
    );
  });

  test("is empty without nodes", () => {
    expect(assignShards([], nobody)).toEqual([]);
  });
});
