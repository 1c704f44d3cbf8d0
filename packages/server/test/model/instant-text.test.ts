import fc from "fast-check";
import { expect, test } from "vitest";
import { instantText } from "../../src/model/instant-text.ts";

const dayMs = 86_400_000;

test("a time is written as Date writes it, whenever it is", () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: 0, max: 4_102_444_800_000 }), fc.integer({ min: -8.64e15, max: 8.64e15 })), (ms) => {
      expect(instantText(ms)).toBe(new Date(ms).toISOString());
    }),
    { numRuns: 2_000 },
  );
});

test("every day of four centuries has its date", () => {
  const days = Array.from({ length: 400 * 366 }, (_, day) => day * dayMs);
  expect(days.filter((ms) => instantText(ms) !== new Date(ms).toISOString())).toEqual([]);
  expect(instantText(951_782_400_000)).toBe("2000-02-29T00:00:00.000Z");
});

test("parts of a millisecond are dropped, and what is no time is refused", () => {
  expect(instantText(1.9)).toBe("1970-01-01T00:00:00.001Z");
  expect(instantText(253_402_300_799_999)).toBe("9999-12-31T23:59:59.999Z");
  expect(() => instantText(Number.NaN)).toThrow(RangeError);
});
