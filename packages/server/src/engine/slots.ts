/**
 * This node's room for attempts. An origin (a tenant's target host) may hold at most its share, so that one that hangs cannot take every slot: with 1,000
 * slots and a share of 250, a dead target that is due 100 times a second leaves 750 to the others for as long as its timeouts last.
 */
export type Slots = {
  /** Takes a slot if there is one that is not kept, and the origin is within its share. */
  take(origin: number): boolean;
  /** The same for a run that has only just become due, which may have one of those that are kept. */
  takeForNewcomer(origin: number): boolean;
  give(origin: number): void;
  /** Those that are kept for newcomers aside. */
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

/**
 * Of all slots. A herd of many tenants, each within its share, would otherwise take every slot for as long as its targets please, and whatever falls due behind it would
 * wait for one of them to end: those that end in time are the herd's again, as it stands at the front of every line.
 */
const keptShare = 0.25;
/** What an origin may hold, of all, to get one of those that are kept, as a share of them: so that no single one of the newcomers takes them all. */
const keptPerOriginShare = 0.125;

export function createSlots(total: number, perOrigin: number): Slots {
  const kept = Math.floor(total * keptShare);
  const common = total - kept;
  const keptPerOrigin = Math.max(1, Math.floor(kept * keptPerOriginShare));
  let taken = 0;
  let isCrowded = false;
  const held = new Map<number, number>();
  const take = (origin: number, most: number, mostOfOrigin: number): boolean => {
    const count = held.get(origin) ?? 0;
    if (taken >= most || count >= mostOfOrigin) return false;
    taken++;
    held.set(origin, count + 1);
    return true;
  };
  return {
    take: (origin) => take(origin, common, perOrigin),
    takeForNewcomer: (origin) => take(origin, common, perOrigin) || take(origin, total, Math.min(perOrigin, keptPerOrigin)),
    give(origin) {
      taken--;
      const count = (held.get(origin) ?? 1) - 1;
      if (count === 0) held.delete(origin);
      else held.set(origin, count);
    },
    free: () => Math.max(0, common - taken),
    room: (origin) => Math.max(0, Math.min(common - taken, perOrigin - (held.get(origin) ?? 0))),
    taken: () => taken,
    isCrowded: () => isCrowded,
    crowded: (isSo) => {
      isCrowded = isSo;
    },
    saturated: () => [...held].filter(([, count]) => count >= perOrigin).map(([origin]) => origin),
  };
}
