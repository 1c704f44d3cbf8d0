// What the peers' programs share: how much they do, and how it is counted.

/** Jobs that wait when the work begins, in BENCH_JOBS. */
export const jobs = Number(process.env.BENCH_JOBS ?? 300_000);
export const url = process.env.BENCH_URL ?? "";
export const insertBatch = 5_000;

/** More bring nothing on two cores. */
const insertsAtOnce = 2;

/** Fills the queue, two batches at a time, and tells on standard output when that begins and ends. @param insert adds a job for each of these numbers */
export async function fill(insert) {
  const rest = batches();
  const lane = async () => {
    for (const batch of rest) await insert(batch);
  };
  console.log("filling");
  await Promise.all(Array.from({ length: insertsAtOnce }, lane));
  console.log("filled");
}

function* batches() {
  for (let from = 0; from < jobs; from += insertBatch)
    yield Array.from({ length: Math.min(insertBatch, jobs - from) }, (_, index) => from + index);
}

/**
 * Counts jobs that are done, and tells on standard output when the first tenth is (the warm-up) and when 95 of 100 are: a queue that runs empty is not a
 * measure of anything.
 */
export function createTally() {
  const from = Math.floor(jobs * 0.1);
  const to = Math.floor(jobs * 0.95);
  let done = 0;
  let ended = () => {};
  const end = new Promise((resolve) => {
    ended = resolve;
  });
  return {
    end,
    add(count) {
      const before = done;
      done += count;
      if (before < from && done >= from) console.log(`from ${done}`);
      if (before >= to || done < to) return;
      console.log(`to ${done}`);
      ended();
    },
  };
}
