/**
 * What every kind of schedule boils down to: instants in epoch milliseconds, asked for from either side. Bounds, unions and exclusions
 * are recurrences made of recurrences.
 */
export type Recurrence = {
  /** The first instant strictly after, or null. */
  next(afterMs: number): number | null;
  /** The last instant strictly before, or null. */
  previous(beforeMs: number): number | null;
  /** How many there are from one instant to another, both included; only where arithmetic answers it. */
  countBetween?(fromMs: number, toMs: number): number;
};

/** The last instant a Date can hold, and with its sign turned the first: calendars end there, and every search must end. */
export const dateEndMs = 8.64e15;

/** Cuts a recurrence to the instants from `startMs` to `endMs`, both included. From beyond them, and from NaN, there is nothing to be found. */
export function bounded(inner: Recurrence, startMs: number, endMs: number): Recurrence {
  const { countBetween } = inner;
  return {
    ...(countBetween && { countBetween: (fromMs, toMs) => countBetween(Math.max(fromMs, startMs), Math.min(toMs, endMs)) }),
    next(afterMs) {
      if (!(afterMs < endMs)) return null;
      const found = inner.next(Math.max(afterMs, startMs - 1));
      return found === null || found > endMs ? null : found;
    },
    previous(beforeMs) {
      if (!(beforeMs > startMs)) return null;
      const found = inner.previous(Math.min(beforeMs, endMs + 1));
      return found === null || found < startMs ? null : found;
    },
  };
}
