import type { Recurrence } from "./kinds/recurrence.ts";

/** What an edit does to the occurrences after an instant. */
export type ScheduleDiff = { kept: number[]; lost: number[]; added: number[] };

/**
 * Compares two schedules over their next occurrences, for showing what an edit changes before it is made.
 *
 * @param count how many instants to list in all, over `kept`, `lost` and `added`
 */
export function diffSchedules(before: Recurrence, after: Recurrence, afterMs: number, count: number): ScheduleDiff {
  const diff: ScheduleDiff = { kept: [], lost: [], added: [] };
  let old = before.next(afterMs);
  let fresh = after.next(afterMs);
  for (let listed = 0; listed < count && (old !== null || fresh !== null); listed++) {
    if (old === fresh) {
      diff.kept.push(old as number);
      [old, fresh] = [before.next(old as number), after.next(fresh as number)];
    } else if (fresh === null || (old !== null && old < fresh)) {
      diff.lost.push(old as number);
      old = before.next(old as number);
    } else {
      diff.added.push(fresh);
      fresh = after.next(fresh);
    }
  }
  return diff;
}
