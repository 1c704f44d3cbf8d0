import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSchedule } from "../../src/index.ts";
import { zoneOf } from "../../src/zone/zone.ts";
import { anyExpression, commonExpression } from "../support/expressions.ts";

/** Zones with odd changes. Not Apia: for croner a time in its skipped day is left out, for us it runs right after (see the docs' table of differences). */
const zoneIds = [
  "America/New_York",
  "Europe/Berlin",
  "Australia/Lord_Howe",
  "America/Santiago",
  "Asia/Beirut",
  "Africa/Cairo",
  "Asia/Kolkata",
];
const from1990to2035 = fc.integer({ min: 20 * 365 * 86_400, max: 65 * 365 * 86_400 });

/** A zone with a moment up to a day and a half around one of its changes. */
const nearChange = fc
  .record({ zoneId: fc.constantFrom(...zoneIds), which: fc.nat(), shift: fc.integer({ min: -36 * 3600, max: 36 * 3600 }) })
  .map(({ zoneId, which, shift }) => {
    const changes = zoneOf(zoneId).starts.filter((start) => start > 20 * 365 * 86_400);
    return { zoneId, second: (changes.at(which % Math.max(1, changes.length)) ?? 1e9) + shift };
  });

/** A result of ours and one of a peer, as text that says which expression it was about. */
function nextFive(ask: (afterMs: number) => number | null, afterMs: number): string {
  const found: string[] = [];
  for (let at = ask(afterMs); at !== null && found.length < 5; at = ask(at)) found.push(new Date(at).toISOString());
  return found.join(" ");
}

/** Peers let a step of one count as a restriction of the day fields, and croner takes SUN-SUN for the whole week; see the docs' table. */
function forPeers(text: string): string {
  return text
    .replaceAll("*/1 ", "* ")
    .replace(/\*\/1$/, "*")
    .replaceAll("SUN-SUN", "SUN");
}

function asked(question: () => string): string | null {
  try {
    return question();
  } catch {
    return null; // refused; which expressions are refused is tested by name
  }
}

/** The two answers to compare, as text; equal where one of the two refuses the expression or the peer's search gives up. */
function answers(text: string, ours: string | null, peers: string | null): [string, string] {
  return ours === null || peers === null || peers === "" ? [text, text] : [`${text}: ${ours}`, `${text}: ${peers}`];
}

describe("cron against other libraries", () => {
  it("agrees with croner on all of the pattern language in UTC", () => {
    fc.assert(
      fc.property(anyExpression, from1990to2035, (expression, second) => {
        const peer = asked(() => {
          const cron = new Cron(forPeers(expression.text), { timezone: "UTC" });
          return nextFive((afterMs) => cron.nextRun(new Date(afterMs))?.getTime() ?? null, second * 1000);
        });
        const ours = asked(() => nextFive(parseSchedule({ cron: expression.text }).next, second * 1000));
        const [answer, expected] = answers(expression.text, ours, peer);
        expect(answer).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it("agrees with croner around changes of the clock, where the policies say the same", () => {
    fc.assert(
      fc.property(commonExpression, nearChange, (expression, { zoneId, second }) => {
        const cron = new Cron(forPeers(expression.text), { timezone: zoneId });
        // croner: one single time of day is made up for after a gap and comes once; everything else follows the clock as it is.
        const fields = expression.text.split(" ");
        const isFixed = fields.slice(0, fields.length - 3).every((field) => /^(\d+)(?:-\1)?(?:,\1(?:-\1)?)*$/.test(field));
        const dst = isFixed ? ({ gap: "run_after", overlap: "first" } as const) : ({ gap: "skip", overlap: "both" } as const);
        const ours = asked(() => nextFive(parseSchedule({ cron: expression.text, timezone: zoneId, dst }).next, second * 1000));
        const peer = nextFive((afterMs) => cron.nextRun(new Date(afterMs))?.getTime() ?? null, second * 1000);
        const [answer, expected] = answers(expression.text, ours, peer);
        expect(answer).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it("agrees with cron-parser in UTC", () => {
    fc.assert(
      fc.property(commonExpression, from1990to2035, (expression, second) => {
        const peer = asked(() => {
          const parsed = CronExpressionParser.parse(forPeers(expression.text), { tz: "UTC", currentDate: new Date(second * 1000) });
          return Array.from({ length: 5 }, () => parsed.next().toDate().toISOString()).join(" ");
        });
        const ours = asked(() => nextFive(parseSchedule({ cron: expression.text }).next, second * 1000));
        const [answer, expected] = answers(expression.text, ours, peer);
        expect(answer).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });
});
