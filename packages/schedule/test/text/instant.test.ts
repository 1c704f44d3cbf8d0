import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseInstant } from "../../src/index.ts";
import { instantText } from "../../src/text/instant.ts";
import { refusal } from "../support/refusal.ts";

describe("parseInstant", () => {
  it.each([
    ["2026-03-01T09:00:00Z", "2026-03-01T09:00:00.000Z"],
    ["2026-03-01T10:00:00+01:00", "2026-03-01T09:00:00.000Z"],
    ["2026-03-01t09:00z", "2026-03-01T09:00:00.000Z"],
    ["2026-03-01 09:00:00.5Z", "2026-03-01T09:00:00.500Z"],
    ["2026-03-01T09:00:00.123456789-0330", "2026-03-01T12:30:00.123Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
  ])("reads %s", (text, iso) => expect(new Date(parseInstant(text)).toISOString()).toBe(iso));

  it.each([
    ["2026-03-01T09:00:00", /Add "Z"/],
    ["2026-02-30T09:00:00Z", /no such day/],
    ["2026-13-01T09:00:00Z", /no such day/],
    ["2026-03-01T24:00:00Z", /no such time/],
    ["2016-12-31T23:59:60Z", /Leap seconds/],
    ["2026-03-01T09:00:00+25:00", /Offsets run/],
    ["2026-03-01", /RFC 3339/],
    ["tomorrow", /RFC 3339/],
    ["1767225600000", /RFC 3339/],
    ["", /RFC 3339/],
  ])("refuses %j", (text, remedy) => {
    const error = refusal(() => parseInstant(text, "startAt"));
    expect(error).toMatchObject({ code: "instant_invalid", field: "startAt" });
    expect(error.remedy).toMatch(remedy);
  });

  it("reads what the platform writes, and what instantText writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: -6e13, max: 2e14 }), fc.integer({ min: -1439, max: 1439 }), (ms, offsetMinutes) => {
        expect(parseInstant(new Date(ms).toISOString())).toBe(ms);
        expect(parseInstant(instantText(ms, offsetMinutes * 60))).toBe(ms);
      }),
      { numRuns: 1000 },
    );
  });
});
