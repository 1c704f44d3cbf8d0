/** How a node's lease is timed. All in milliseconds. */
export type LeaseTimes = {
  /** The database forgets a node this long after its last renewal. */
  ttlMs: number;
  renewEveryMs: number;
  /** Local trust ends this much before the lease does: room for the clocks' rates and for work that has just begun. */
  marginMs: number;
  /** A node whose work gets no answer for so long gives its lease up to one that is better off. */
  giveUpAfterMs: number;
};

/**
 * From the TTL alone, so that they always fit together: a 4 s lease is renewed every second, trusted for 3.5 s, and given up after 3 s in which only it got through.
 * Work is asked about at most a second after it was cut off, so that with 4 s others have it within 5 s, as after a node that hangs.
 */
export function leaseTimes(ttlMs: number): LeaseTimes {
  return { ttlMs, renewEveryMs: ttlMs / 4, marginMs: ttlMs / 8, giveUpAfterMs: (ttlMs * 3) / 4 };
}

/**
 * Until when a node may believe in its lease, on its own monotonic clock: counted from the START of the renewal request, because the database may have
 * written the new expiry the moment the request left. The local window can only make a node stop sooner, never act longer.
 */
export function trustedUntil(renewalStartedMs: number, times: LeaseTimes): number {
  return renewalStartedMs + times.ttlMs - times.marginMs;
}
