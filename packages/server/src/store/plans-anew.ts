/** From so many rows on, planning a statement costs less than a plan that does not fit. */
const anewFrom = 100;

/**
 * The name under which a statement keeps its plan, for batches that are small; none for a large batch, which is planned anew each time.
 *
 * A plan that was made while a hot table was empty walks the whole table for each statement, and stays until autovacuum looks by: with 100,000 runs due at one moment that
 * took 48 s instead of 9. Planned anew it knows how large the table is now: a millisecond for a hundred rows or more, which at a steady 3,000 runs a second is never paid.
 */
export function nameForBatch(name: string, rows: number): { name?: string } {
  return rows < anewFrom ? { name } : {};
}
