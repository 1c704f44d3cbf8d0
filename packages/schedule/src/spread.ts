import { stableHash } from "./cron/hash.ts";
import type { Recurrence } from "./kinds/recurrence.ts";

export type SpreadInput = {
  /** The identity of the job: equal seeds get equal offsets. */
  seed: string;
  /** A delay up to this long that is the same for every occurrence of a job. Default 0. */
  spreadMs?: number;
  /** A delay up to this long that is another one for every occurrence. Default 0. */
  jitterMs?: number;
};

/**
 * The instant an occurrence should really start at: its nominal time plus the job's spread and the occurrence's jitter. Both come from hashes
 * and not from dice, so that every node, and an audit years later, computes the same instant. The nominal time stays what it is: it names
 * the occurrence.
 *
 * @returns at least `nominalMs`, and less than the next occurrence: in a window longer than the distance to it, delays shrink in proportion
 */
export function effectiveTime(schedule: Recurrence, nominalMs: number, { seed, spreadMs = 0, jitterMs = 0 }: SpreadInput): number {
  const windowMs = spreadMs + jitterMs;
  if (windowMs === 0) return nominalMs;
  const delayMs = fraction(seed, "spread") * spreadMs + fraction(seed, `jitter ${nominalMs}`) * jitterMs;
  const nextMs = schedule.next(nominalMs);
  const roomMs = nextMs === null ? Number.POSITIVE_INFINITY : nextMs - nominalMs;
  return nominalMs + Math.floor(windowMs <= roomMs ? delayMs : (delayMs / windowMs) * roomMs);
}

/** A stable number from 0 up to but not including 1. */
function fraction(seed: string, salt: string): number {
  return stableHash(seed, salt) / 2 ** 32;
}
