/** How many cursors of each shard to read. */
export type PageSize = {
  of(shards: number): number;
  learn(rows: number, full: boolean): void;
};

/** About how many cursors a scan takes, over all shards: enough for 25,000 runs a second, small enough that a look ends within 100 ms. */
const batchCursors = 1_000;
const leastPerShard = 4;

/** A herd in a few shards should be read in as large batches as one in all of them, so that the page grows while few shards fill it. */
export function createPageSize(): PageSize {
  let growth = 1;
  return {
    of: (shards) => Math.min(batchCursors, growth * Math.max(leastPerShard, Math.ceil(batchCursors / shards))),
    learn(rows, full) {
      if (!full) growth = 1;
      else if (rows < batchCursors / 2) growth *= 2;
      else if (rows > batchCursors * 2) growth = Math.max(1, growth / 2);
    },
  };
}
