/*
 * Joins to hot tables, in words that leave the planner only one way: to look each row up by its key.
 *
 * live_runs is empty many times a day. Vacuum counts no rows then, and until it comes by again the planner takes the table for one row, whatever is in it by
 * then: to walk it whole, and a batch of 1,000 for each of its rows, looks cheaper than 1,000 look-ups (measured: 2.8 s a batch instead of 45 ms, and the first 33 s of a
 * herd of a million at a tenth of the speed). As hash and merge joins are off, what offers itself is a walk in the order of an index, for the sake of a merge; `= any`
 * is no condition for a merge, so that there is no such walk to take.
 */

/** That the row of live_runs is the one that the other row names by shard and run_id. */
export const sameRun = (run: string, key: string): string => `${run}.shard = any (array[${key}.shard]) and ${run}.run_id = ${key}.run_id`;

/** That the row of live_runs or cursors is of the job that the other row names by shard and job_id. */
export const sameJob = (row: string, key: string): string =>
  `${row}.shard = any (array[${key}.shard]) and ${row}.job_id = any (array[${key}.job_id])`;
