import { readFileSync } from "node:fs";
import { Cron } from "croner";
import { describe, expect, it } from "vitest";
import { parseSchedule } from "../../src/index.ts";

const expressions = readFileSync(new URL("../data/cron-corpus.tsv", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => line.split("\t")[1] ?? "");

/** What public repositories hold that no scheduler can mean: they come from tests for refusals, or from a field too few. */
const refused: Record<string, RegExp> = {
  "0 0 0 * *": /day of month starts at 1/,
  "0 30 * * *": /hours.*found "30"/,
  "TZ=America/New_York 15/0 * * * *": /step of zero/,
  "* /1 * * * * *": /minutes.*found "\/1"/,
};

/** Written in ways croner does not read. */
const unknownToCroner = /^(?:TZ|CRON_TZ)=|H|monday-wed|monday,tue|may-july|may,june|Europe|\/100|\?|1\/1|0\/|5\/|monday$/;

describe("the expressions of public repositories", () => {
  it("are there", () => expect(expressions.length).toBeGreaterThan(140));

  it.each(expressions.filter((cron) => !(cron in refused)))("%s is read", (cron) => {
    expect(parseSchedule({ cron }, { hashSeed: "corpus" }).describe()).not.toBe("");
  });

  it.each(Object.entries(refused))("%s is refused", (cron, reason) => {
    expect(expressions).toContain(cron);
    expect(() => parseSchedule({ cron })).toThrow(reason);
  });

  it("agree with croner", () => {
    const compared = expressions.filter((cron) => !(cron in refused) && !unknownToCroner.test(cron));
    for (const cron of compared) {
      const peer = new Cron(cron, { timezone: "UTC" }).nextRuns(10, "2026-01-15T10:20:30Z").map((date) => date.toISOString());
      let at = Date.parse("2026-01-15T10:20:30Z");
      const ours = peer.map(() => new Date((at = parseSchedule({ cron }).next(at) ?? Number.NaN)).toISOString());
      expect([cron, ...ours]).toEqual([cron, ...peer]);
    }
    expect(compared.length).toBeGreaterThan(110);
  });
});
