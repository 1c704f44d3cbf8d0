/**
 * Sets of small numbers as bits. A cron field is one 32-bit mask; minutes and seconds, which reach 59, take two. Against lookup tables
 * (faster by a few ns) this keeps a parsed pattern at a dozen numbers, so that a million of them fit in memory and parsing allocates
 * next to nothing.
 */

/** The smallest member at or above `from` (0-32), or -1. */
export function nextBit(mask: number, from: number): number {
  const rest = from > 31 ? 0 : (mask >>> from) << from;
  return 31 - Math.clz32(rest & -rest); // clz32(0) is 32, which makes the -1
}

/** The largest member at or below `from` (-1 to 31), or -1. */
export function previousBit(mask: number, from: number): number {
  const rest = from < 0 ? 0 : (mask << (31 - from)) >>> (31 - from);
  return 31 - Math.clz32(rest);
}

/** As {@link nextBit}, for a set that reaches 63: 0-31 in `low`, 32-63 in `high`. */
export function nextWide(low: number, high: number, from: number): number {
  if (from < 32) {
    const found = nextBit(low, from);
    if (found >= 0) return found;
  }
  const found = nextBit(high, from < 32 ? 0 : from - 32);
  return found < 0 ? -1 : found + 32;
}

/** As {@link previousBit}, for a set that reaches 63. */
export function previousWide(low: number, high: number, from: number): number {
  if (from >= 32) {
    const found = previousBit(high, from - 32);
    if (found >= 0) return found + 32;
  }
  return previousBit(low, from > 31 ? 31 : from);
}

/** How many members a mask has. */
export function countBits(mask: number): number {
  let rest = mask;
  let count = 0;
  for (; rest !== 0; rest &= rest - 1) count++;
  return count;
}
