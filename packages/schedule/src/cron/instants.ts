import { type DstPolicy, offsetReach } from "../zone/local.ts";
import { cover, segmentAt, type Zone } from "../zone/zone.ts";
import type { WallSearch } from "./wall-search.ts";

/** Finds the instants of a schedule, in epoch seconds, both ends inclusive; ±Infinity when there is none. */
export type InstantSearch = { next(second: number): number; previous(second: number): number };

/**
 * Turns a search over local times into one over instants of a zone, under a policy for the times that a change of the clock skips or
 * repeats.
 *
 * It goes segment by segment (see `zone.ts`). Inside a segment a local time is an instant plus a constant; only its two edges need
 * thought. Local times repeated by a change belong to the segment the policy names; local times skipped by one are instants of the segment that
 * begins with it. So the result depends on nothing but the question: asking again from the last answer, as a scheduler without
 * memory does, gives the same occurrences as one long iteration.
 */
export function createInstantSearch(walls: WallSearch, zone: Zone, { gap, overlap }: DstPolicy): InstantSearch {
  const { starts, offsets } = zone;
  const offsetOf = (index: number): number => offsets[index] as number;
  const startOf = (index: number): number => starts[index] as number;

  /** The first local time a segment may claim. */
  function firstWall(index: number): number {
    const repeats = index > 0 && offsetOf(index) < offsetOf(index - 1);
    return startOf(index) + offsetOf(repeats && overlap === "first" ? index - 1 : index);
  }

  /** The first local time after those a segment may claim. */
  function endWall(index: number): number {
    if (index + 1 === starts.length) return Number.POSITIVE_INFINITY;
    const repeated = offsetOf(index + 1) < offsetOf(index);
    return startOf(index + 1) + offsetOf(repeated && overlap === "second" ? index + 1 : index);
  }

  const beginsWithGap = (index: number): boolean => gap !== "skip" && index > 0 && offsetOf(index) > offsetOf(index - 1);

  /** The first occurrence from `second` on that stems from the local times skipped at a segment's start. */
  function nextFromGap(index: number, second: number): number {
    const start = startOf(index);
    const offsetBefore = offsetOf(index - 1);
    const size = offsetOf(index) - offsetBefore;
    if (second >= start + size || (gap === "run_after" && second > start)) return Number.POSITIVE_INFINITY;
    const wall = walls.next(gap === "shift" ? Math.max(second, start) + offsetBefore : start + offsetBefore);
    if (wall >= start + offsetOf(index)) return Number.POSITIVE_INFINITY;
    return gap === "shift" ? wall - offsetBefore : start;
  }

  /** The last such occurrence up to `second`; it need not be looked for when one is known that is later than all of them. */
  function previousFromGap(index: number, second: number, known: number): number {
    const start = startOf(index);
    const offsetBefore = offsetOf(index - 1);
    if (known >= start + offsetOf(index) - offsetBefore) return Number.NEGATIVE_INFINITY;
    const endOfGap = start + offsetOf(index) - 1;
    const wall = walls.previous(gap === "shift" ? Math.min(second + offsetBefore, endOfGap) : endOfGap);
    if (wall < start + offsetBefore) return Number.NEGATIVE_INFINITY;
    return gap === "shift" ? wall - offsetBefore : start;
  }

  return {
    next(second) {
      let from = second;
      for (let index = segmentAt(zone, from); ; ) {
        const offset = offsetOf(index);
        const fromWall = Math.max(from + offset, firstWall(index));
        const wall = walls.next(fromWall);
        cover(zone, (wall === Number.POSITIVE_INFINITY ? fromWall : wall) + offsetReach);
        const found = Math.min(
          wall < endWall(index) ? wall - offset : Number.POSITIVE_INFINITY,
          beginsWithGap(index) ? nextFromGap(index, from) : Number.POSITIVE_INFINITY,
        );
        if (found !== Number.POSITIVE_INFINITY || index + 1 === starts.length) return found;

        // Nothing here. Go on where the local time found lies, unless the next segment repeats times we have just left behind.
        const repeatsOurs = startOf(index + 1) + offsetOf(index + 1) < fromWall;
        if (wall === Number.POSITIVE_INFINITY && !repeatsOurs) return wall;
        index = repeatsOurs ? index + 1 : Math.max(index + 1, segmentAt(zone, wall - offset - offsetReach));
        from = startOf(index);
      }
    },
    previous(second) {
      let to = second;
      for (let index = segmentAt(zone, to); ; ) {
        const offset = offsetOf(index);
        const toWall = Math.min(to + offset, endWall(index) - 1);
        const wall = walls.previous(toWall);
        const normal = wall >= firstWall(index) ? wall - offset : Number.NEGATIVE_INFINITY;
        const found = beginsWithGap(index) ? Math.max(normal, previousFromGap(index, to, normal)) : normal;
        if (found !== Number.NEGATIVE_INFINITY || index === 0) return found;

        const repeatsOurs = startOf(index) + offsetOf(index - 1) > toWall;
        if (wall === Number.NEGATIVE_INFINITY && !repeatsOurs) return wall;
        index = repeatsOurs ? index - 1 : Math.min(index - 1, segmentAt(zone, wall - offset + offsetReach));
        to = startOf(index + 1) - 1;
      }
    },
  };
}
