import { PunctualError } from "@punctual/contract";
import type { Recurrence } from "@punctual/schedule";
import { occurrenceRunId } from "./ids.ts";

/** About 100 ms of counting, and a day and more of runs a second. */
const occurrencesMost = 100_000;

/** From inclusive, to exclusive. */
export type NominalRange = { fromMs: number; toMs: number };

/**
 * The occurrences of a schedule in a range, for a backfill.
 *
 * @throws PunctualError backfill_too_large, with their number as far as it can be told without walking them all
 */
export function occurrencesToBackfill(schedule: Recurrence, { fromMs, toMs }: NominalRange): number[] {
  const counted = schedule.countBetween?.(fromMs, toMs - 1);
  if (counted !== undefined && counted > occurrencesMost) throw tooLarge(`${counted} occurrences`);
  const occurrences: number[] = [];
  for (let at = schedule.next(fromMs - 1); at !== null && at < toMs; at = schedule.next(at)) {
    if (occurrences.length === occurrencesMost)
      throw tooLarge(`more than ${occurrencesMost} occurrences; the first ${occurrencesMost} lie before ${new Date(at).toISOString()}`);
    occurrences.push(at);
  }
  return occurrences;
}

/** The next occurrences that a backfill looks at, with the ids of their runs; fewer than `limit` when there are no more. */
export function backfillPage(schedule: Recurrence, jobId: string, { fromMs, toMs }: NominalRange, limit: number) {
  const occurrences: { runId: string; nominalMs: number }[] = [];
  let at = schedule.next(fromMs - 1);
  for (; at !== null && at < toMs && occurrences.length < limit; at = schedule.next(at)) {
    occurrences.push({ runId: occurrenceRunId(jobId, at), nominalMs: at });
  }
  return { occurrences, nextMs: at === null || at > toMs ? toMs : at };
}

function tooLarge(found: string): PunctualError {
  const message = `The range has ${found}; a backfill takes at most ${occurrencesMost}.`;
  return new PunctualError("backfill_too_large", message, {
    faults: [{ pointer: "/from", message, found, expected: `at most ${occurrencesMost}` }],
  });
}
