/** How a node's lease is timed. All in milliseconds. */
export type LeaseTimes = {
  /** The database forgets a node this long after its last renewal. */
  ttlMs: number;
  renewEveryMs: number;
  /** Local trust ends this much before the lease does: room for the clocks' rates and for work that has just begun. */
  marginMs: number;
};

/** From the TTL alone, so that they always fit together: a 4 s lease is renewed every second and trusted for 3.5 s. */
export function leaseTimes(ttlMs: number): LeaseTimes {
  return { ttlMs, renewEveryMs: ttlMs / 4, marginMs: ttlMs / 8 };
}

/**
 * Until when a node may believe in its lease, on its own monotonic clock: counted from the START of the renewal request, because the database may have
 * written the new expiry the moment the request left. The local window can only make a node stop sooner, never act longer.
 */
export function trustedUntil(renewalStartedMs: number, times: LeaseTimes): number {
  return renewalStartedMs + times.ttlMs - times.marginMs;
}
