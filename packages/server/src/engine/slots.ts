/**
 * This node's room for attempts. An origin (a tenant's target host) may hold at most its share, so that one that hangs cannot take every slot: with 1,000
 * slots and a share of 250, a dead target that is due 100 times a second leaves 750 to the others for as long as its timeouts last.
 */
export type Slots = {
  /** Takes a slot if there is one and the origin is within its share. */
  take(origin: number): boolean;
  give(origin: number): void;
  free(): number;
  /** What the origin may still take of them. */
  room(origin: number): number;
  taken(): number;
  /** Origins at their share. */
  saturated(): number[];
  /** Whether more wait for slots than were claimed at the last look. */
  isCrowded(): boolean;
  crowded(isSo: boolean): void;
};

export function createSlots(total: number, perOrigin: number): Slots {
  let taken = 0;
  let isCrowded = false;
  const held = new Map<number, number>();
  return {
    take(origin) {
      const count = held.get(origin) ?? 0;
      if (taken >= total || count >= perOrigin) return false;
      taken++;
      held.set(origin, count + 1);
      return true;
    },
    give(origin) {
      taken--;
      const count = (held.get(origin) ?? 1) - 1;
      if (count === 0) held.delete(origin);
      else held.set(origin, count);
    },
    free: () => total - taken,
    room: (origin) => Math.max(0, Math.min(total - taken, perOrigin - (held.get(origin) ?? 0))),
    taken: () => taken,
    isCrowded: () => isCrowded,
    crowded: (isSo) => {
      isCrowded = isSo;
    },
    saturated: () => [...held].filter(([, count]) => count >= perOrigin).map(([origin]) => origin),
  };
}
