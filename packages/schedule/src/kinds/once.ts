import type { Recurrence } from "./recurrence.ts";

/** A single instant. */
export function onceRecurrence(atMs: number): Recurrence {
  return {
    next: (afterMs) => (afterMs < atMs ? atMs : null),
    previous: (beforeMs) => (beforeMs > atMs ? atMs : null),
  };
}
