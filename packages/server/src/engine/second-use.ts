/** Of each half: at most 6 % of the keys that were never seen share their place with one that was. */
const places = 4 * 1024 * 1024;
/** A key is remembered for this many others at least, and for twice as many at most: more jobs than start in a minute at 2,894 a second. */
const keysAHalf = 250_000;

/**
 * Tells what is used for the first time from what comes back, in 1 MB and without keeping a key. Two halves: the older one is forgotten whole when the newer is full.
 *
 * @returns whether a key, a whole number from 0 to 2^32 - 1, was seen lately; a few are that were not
 */
export function createSecondUse(): (key: number) => boolean {
  let [newer, older] = [new Uint8Array(places / 8), new Uint8Array(places / 8)];
  let marked = 0;
  return (key) => {
    const [byte, bit] = [(key % places) >> 3, 1 << (key & 7)];
    const isKnown = (newer[byte] ?? 0) & bit;
    const wasKnown = (older[byte] ?? 0) & bit;
    if (!isKnown) {
      if (marked === keysAHalf) {
        [newer, older] = [older.fill(0), newer];
        marked = 0;
      }
      newer[byte] = (newer[byte] ?? 0) | bit;
      marked++;
    }
    return (isKnown | wasKnown) !== 0;
  };
}
