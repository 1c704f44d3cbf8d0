import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../src/index.ts";
import { refusal } from "../support/refusal.ts";

describe("parseDuration", () => {
  it.each([
    ["15m", 900_000],
    ["1h30m", 5_400_000],
    ["90s", 90_000],
    ["500ms", 500],
    ["1.5h", 5_400_000],
    ["0.1s", 100],
    ["2w3d", 1_468_800_000],
    [" 1h 30m ", 5_400_000],
    ["15M", 900_000],
    ["PT15M", 900_000],
    ["P1D", 86_400_000],
    ["P1W", 604_800_000],
    ["P1DT12H", 129_600_000],
    ["PT0.5S", 500],
  ])("reads %s", (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each([
    ["0s", /longer than zero/],
    ["-5m", /no sign/],
    ["+5m", /no sign/],
    ["5", /Add a unit/],
    ["", /Write numbers/],
    ["m", /Write numbers/],
    ["5 fortnights", /Units are/],
    ["1mo", /Units are/],
    ["30m1h", /largest to the smallest/],
    ["1h1h", /largest to the smallest/],
    ["1h30", /Write numbers/],
    ["P", /ISO 8601/],
    ["PT", /ISO 8601/],
    ["P1M", /no fixed length/],
    ["P1Y", /no fixed length/],
    ["0.1ms", /one millisecond/],
    ["101y", /Units are/],
    ["40000d", /100 years/],
    ["9".repeat(100), /few characters/],
    ["1h\u0000", /Write numbers/],
  ])("refuses %j", (text, remedy) => {
    const error = refusal(() => parseDuration(text, "timeout"));
    expect(error).toMatchObject({ code: "duration_invalid", field: "timeout" });
    expect(error.remedy).toMatch(remedy);
  });
});

describe("formatDuration", () => {
  it.each([
    [90_000, "1m30s"],
    [86_400_000, "1d"],
    [1, "1ms"],
    [0, "0ms"],
    [-1500, "-1s500ms"],
  ])("writes %d", (ms, text) => expect(formatDuration(ms)).toBe(text));

  it("writes what parseDuration reads", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 36_525 * 86_400_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});
