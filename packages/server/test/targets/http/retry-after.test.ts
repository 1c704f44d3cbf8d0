import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRetryAfter } from "../../../src/targets/http/retry-after.ts";

const now = Date.UTC(1994, 10, 6, 8, 49, 7);

describe("Retry-After", () => {
  it.each([
    ["120", 120_000],
    ["0", 0],
    [" 5 ", 5_000],
    ["Sun, 06 Nov 1994 08:49:37 GMT", 30_000],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 30_000],
    ["Sun Nov  6 08:49:37 1994", 30_000],
    ["Sun, 06 Nov 1994 08:00:00 GMT", 0],
    ["99999999999999999999999999", 365 * 86_400_000],
    ["Fri, 31 Dec 9999 23:59:59 GMT", 365 * 86_400_000],
  ])("reads %j", (value, expectedMs) => {
    expect(parseRetryAfter(value, now)).toBe(expectedMs);
  });

  it.each(["-1", "1.5", "1e3", "10 years", "soon", "", "later 1", "Sun, 99 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z", "0x10"])(
    "takes %j for none",
    (value) => {
      expect(parseRetryAfter(value, now)).toBeNull();
    },
  );

  it("takes an absent header for none, and the first of several", () => {
    expect(parseRetryAfter(undefined, now)).toBeNull();
    expect(parseRetryAfter(["3", "9"], now)).toBe(3_000);
  });

  it("answers null or a wait from 0 to a year for any text", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const waitMs = parseRetryAfter(value, now);
        expect(waitMs === null || (waitMs >= 0 && waitMs <= 365 * 86_400_000)).toBe(true);
      }),
    );
  });
});
