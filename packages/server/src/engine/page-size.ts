/** How many rows of each shard to read, so that a batch is filled whether many shards are busy or few. */
export type PageSize = {
  of(shards: number): number;
  /** What a page of this size brought: rows over all shards, and whether some shard may have more. */
  learn(rows: number, full: boolean): void;
};

/**
 * Starts from an even share and doubles while few shards fill theirs: a herd in one shard is read in as large batches as one in all of them.
 *
 * @param batch rows wanted over all shards; no page is larger
 * @param least rows of each shard, however many shards there are
 */
export function createPageSize(batch: () => number, least: () => number): PageSize {
  let growth = 1;
  let wanted = batch();
  return {
    of(shards) {
      wanted = batch();
      return Math.min(wanted, growth * Math.max(least(), Math.ceil(wanted / shards)));
    },
    learn(rows, full) {
      if (!full) growth = 1;
      else if (rows < wanted / 2) growth *= 2;
      else if (rows > wanted) growth = Math.max(1, growth / 2);
    },
  };
}

/** Whether some shard filled its page. */
export function hasFullPage(rows: readonly { shard: number }[], perShard: number): boolean {
  const counts = new Map<number, number>();
  for (const { shard } of rows) counts.set(shard, (counts.get(shard) ?? 0) + 1);
  return [...counts.values()].some((count) => count >= perShard);
}
