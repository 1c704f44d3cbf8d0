import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCron } from "../../src/cron/parse.ts";
import type { CronPattern } from "../../src/cron/pattern.ts";
import { normalizeCron } from "../../src/index.ts";
import { anyExpression } from "../support/expressions.ts";

/** What an expression means; null for the few that never fire. */
function meaning(cron: string): CronPattern | null {
  try {
    return parseCron(cron, "punctual").pattern;
  } catch {
    return null;
  }
}

describe("normalizeCron", () => {
  it.each([
    ["@daily", "0 0 * * *"],
    ["0 0 0 * * ?", "0 0 * * *"],
    ["00 09 * JAN-MAR,dec Mon-Fri", "0 9 * 1-3,12 1-5"],
    ["0,10,20,30,40,50 0-23 * * *", "*/10 * * * *"],
    ["5/15 22-2 * * FRI-SUN", "5/15 0-2,22,23 * * 0,5,6"],
    ["0 0 1,2,3,L,LW,L-2W,15W * +5L,MON#2", "0 0 1-3,L,15W,LW,L-2W * +5L,1#2"],
    ["0 0 13 * FRI", "0 0 13 * 5"],
    ["0 0 1-31 * MON", "0 0 1-31 * 1"],
    ["*/30 0 9 * * * 2026,2028,2027", "0,30 0 9 * * * 2026-2028"],
    ["TZ=Asia/Tokyo 0 9 * * 7", "CRON_TZ=Asia/Tokyo 0 9 * * 0"],
  ])("writes %j as %j", (cron, expected) => expect(normalizeCron(cron)).toBe(expected));

  it("translates dialects", () => {
    expect(normalizeCron("0 0 12 ? * 2-6", { dialect: "quartz" })).toBe("0 12 * * 1-5");
    expect(normalizeCron("0 0 12 13 * FRI", { dialect: "spring" })).toBe("0 12 13 * +5");
    expect(normalizeCron("H H * * *", { hashSeed: "job" })).toMatch(/^\d+ \d+ \* \* \*$/);
  });

  it("keeps the meaning, and leaves its own writing alone", () => {
    fc.assert(
      fc.property(
        anyExpression.filter(({ text }) => meaning(text) !== null),
        ({ text }) => {
          const normal = normalizeCron(text);
          expect(meaning(normal)).toEqual(meaning(text));
          expect(normalizeCron(normal)).toBe(normal);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
