import fc from "fast-check";
import { expect, test } from "vitest";
import { leaseTimes, trustedUntil } from "../../src/model/lease.ts";

test("a lease of four seconds is renewed every second and trusted for three and a half, and given up after three without work", () => {
  expect(leaseTimes(4_000)).toEqual({ ttlMs: 4_000, renewEveryMs: 1_000, marginMs: 500, giveUpAfterMs: 3_000 });
  expect(trustedUntil(10_000, leaseTimes(4_000))).toBe(13_500);
});

test("a node stops trusting its lease before the database does, whenever within the request the database wrote it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_000, max: 60_000 }), fc.nat(1e9), fc.nat(10_000), (ttlMs, sentMs, untilWrittenMs) => {
      const times = leaseTimes(ttlMs);
      expect(trustedUntil(sentMs, times)).toBeLessThan(sentMs + untilWrittenMs + ttlMs);
    }),
  );
});

test("two renewals may fail before trust ends", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1_000, max: 60_000 }), (ttlMs) => {
      const times = leaseTimes(ttlMs);
      expect(3 * times.renewEveryMs).toBeLessThan(trustedUntil(0, times));
    }),
  );
});
