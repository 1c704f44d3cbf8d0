import { shardCount } from "./ids.ts";

/**
 * Who should own which shard: no node more than one shard more than another, and as few as that allows change hands. A node keeps what it owns up to its share;
 * the rest, and what nobody owns, goes to those with the fewest. So only the shards of a node that leaves move, and only as many as a newcomer's share.
 *
 * Every node computes the same from the same rows, and takes no more from anybody when some have already released or taken their part. Rendezvous hashing over
 * the nodes alone needs no rows, but with equal shares it moved up to 26 shards of other nodes when 1 of 20 left.
 *
 * @param nodeIds the live nodes that are not draining, in any order
 * @param owners the owner of each shard as it is, by shard number; one that is not among the nodes counts as none
 * @returns the wished owner of each shard, by shard number; empty when there is no node
 */
export function assignShards(nodeIds: readonly number[], owners: readonly (number | null)[]): number[] {
  if (nodeIds.length === 0) return [];
  const counts = new Map([...nodeIds].sort((a, b) => a - b).map((node) => [node, 0]));
  const shares = sharesOf(new Map([...counts.keys()].map((node) => [node, owners.filter((owner) => owner === node).length])));
  const give = (node: number): number => {
    counts.set(node, (counts.get(node) ?? 0) + 1);
    return node;
  };
  const kept = Array.from({ length: shardCount }, (_, shard) => {
    const owner = owners[shard] ?? null;
    return owner !== null && (counts.get(owner) ?? 0) < (shares.get(owner) ?? 0) ? give(owner) : null;
  });
  return kept.map((owner) => owner ?? give(fewest(counts)));
}

/** How many each node may have: those that own most keep the one more that some must have. */
function sharesOf(owned: ReadonlyMap<number, number>): Map<number, number> {
  const even = Math.floor(shardCount / owned.size);
  const larger = shardCount % owned.size;
  const byOwned = [...owned].sort(([, a], [, b]) => b - a);
  return new Map(byOwned.map(([node], rank) => [node, rank < larger ? even + 1 : even]));
}

function fewest(counts: ReadonlyMap<number, number>): number {
  return [...counts].reduce((least, each) => (each[1] < least[1] ? each : least))[0];
}
