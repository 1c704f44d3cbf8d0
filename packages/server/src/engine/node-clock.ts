/** Milliseconds on this machine's monotonic clock, which no one sets. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

export type NodeClock = {
  /** The database said `nowMs` in answer to a request sent at `sentMs` (monotonic). */
  observe(nowMs: number, sentMs: number): void;
  /** The database's time as far as this node can tell; only for timing sleeps and stamping starts, never to decide what is due. */
  nowMs(): number;
  /** How far this machine's own clock is ahead of the database's; nothing depends on it, but people want to know. */
  offsetOfWallMs(): number;
};

/**
 * Estimates the database's clock: the median offset of the last answers, so that one slow answer does not shift it, and a clock that is set is followed
 * within a few.
 */
export function createNodeClock(): NodeClock {
  const kept = 32;
  const offsets: number[] = [];
  let offset = Number.NaN;
  return {
    observe(nowMs, sentMs) {
      if (!Number.isFinite(nowMs)) return;
      // The answer was made between sending and now; assuming the middle halves the error.
      offsets.push(nowMs - (sentMs + monotonicMs()) / 2);
      if (offsets.length > kept) offsets.shift();
      offset = [...offsets].sort((a, b) => a - b)[offsets.length >> 1] ?? Number.NaN;
    },
    nowMs: () => offset + monotonicMs(),
    offsetOfWallMs: () => Math.round(Date.now() - (offset + monotonicMs())),
  };
}
