import type { InstantSearch } from "../cron/instants.ts";
import type { WallSearch } from "../cron/wall-search.ts";
import { cover, offsetAt, segmentAt, type Zone } from "../zone/zone.ts";
import { type UnitRule, unitWalls } from "./unit-walls.ts";

/**
 * The instants of a rule of hours, minutes or seconds, in elapsed time: every third hour is three hours after the one before, also on the day on
 * which the clocks change. The BY parts mean the clocks of the zone all the same.
 *
 * Between two changes of the clock that is a search over local times; a change only moves which of the local units are due. Where it is
 * no whole number of units (half an hour on Lord Howe, for a rule of hours), the unit that has begun counts.
 *
 * @param startSecond the instant of DTSTART
 */
export function elapsedSearch(rule: UnitRule, zone: Zone, startSecond: number): InstantSearch {
  const { unitSeconds } = rule;
  const startOffset = offsetAt(zone, startSecond);
  const startUnit = Math.floor((startSecond + startOffset) / unitSeconds) * unitSeconds;
  const searches = new Map<number, WallSearch>();

  function wallsAt(offset: number): WallSearch {
    let walls = searches.get(offset);
    if (walls === undefined) {
      walls = unitWalls(rule, startUnit + Math.ceil((offset - startOffset) / unitSeconds) * unitSeconds);
      searches.set(offset, walls);
    }
    return walls;
  }

  return {
    next(second) {
      cover(zone, second);
      const ahead = new Map<number, number>();
      let from = second;
      for (let index = segmentAt(zone, second); ; index++) {
        const offset = zone.offsets[index] as number;
        // What an offset has next lies mostly behind its segment; it need not be searched again when the offset comes back.
        let wall = ahead.get(offset) ?? Number.NEGATIVE_INFINITY;
        if (wall < from + offset) wall = wallsAt(offset).next(from + offset);
        ahead.set(offset, wall);
        cover(zone, wall);
        const end = zone.starts[index + 1];
        if (end === undefined || wall - offset < end) return wall - offset;
        from = end;
      }
    },
    previous(second) {
      const behind = new Map<number, number>();
      let to = second;
      for (let index = segmentAt(zone, second); ; index--) {
        const offset = zone.offsets[index] as number;
        let wall = behind.get(offset) ?? Number.POSITIVE_INFINITY;
        if (wall > to + offset) wall = wallsAt(offset).previous(to + offset);
        behind.set(offset, wall);
        const start = zone.starts[index] as number;
        if (wall - offset >= start) return wall - offset;
        to = start - 1;
      }
    },
  };
}
