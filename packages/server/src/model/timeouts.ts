import type { Target } from "@punctual/contract";
import { formatDuration } from "@punctual/schedule";

const hourMs = 3_600_000;
const held = { defaultMs: 30_000, byDefault: formatDuration(30_000), mostMs: hourMs };
const taken = { defaultMs: hourMs, byDefault: formatDuration(hourMs), mostMs: 7 * 24 * hourMs };

/**
 * How long a receiver that completes its run later may take to accept it. The request holds a slot for that long, which hours of work must not: whoever has
 * long work answers 202 first.
 */
export const acceptMostMs = 30_000;

/** Whether the target may accept a run with 202 and complete it later. */
export function completesLater(target: Target): boolean {
  return target.type === "http" && target.completion === "callback";
}

/**
 * The default of an attempt's time limit, also as it is written, and its highest. Who takes a run into their own hands may take long, and can tell that they are at it; a request that is
 * held open for hours tells nothing.
 */
export function timeoutsOf(target: Target): { defaultMs: number; byDefault: string; mostMs: number } {
  return target.type === "worker" || completesLater(target) ? taken : held;
}
