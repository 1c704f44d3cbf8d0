import { sameJob } from "./by-key.ts";

/**
 * Sets the cursor of a job with a fixed delay going again, from the end of its run, however that ended: a part of each statement that ends runs.
 *
 * Only at the end of its newest run. An older one that was retried by hand may end while the newer one is live, and must not start a third beside it; the end of
 * the newest always counts, so that the cursor cannot be left standing.
 *
 * @param ended the rows that ended, as `e`, and which of them count: `ended e where ...`
 */
export const cursorGoesOn = (ended: string): string => `
  update punctual.cursors c
  set next_at = date_trunc('milliseconds', punctual.clock()) + c.after_ms * interval '1 millisecond',
      due_at = date_trunc('milliseconds', punctual.clock()) + c.after_ms * interval '1 millisecond'
  from ${ended} and e.kind = 'scheduled' and ${sameJob("c", "e")} and c.next_at is null and c.after_ms is not null
    and not exists (
      select from punctual.live_runs newer
      where ${sameJob("newer", "e")} and newer.kind = 'scheduled' and newer.nominal_at > e.nominal_at)`;
