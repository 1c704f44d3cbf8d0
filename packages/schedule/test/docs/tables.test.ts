import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lintSchedule, parseSchedule, type ScheduleSpec } from "../../src/index.ts";
import { localText, occurrences } from "../support/local.ts";

/** The rows of all tables of a page, cell by cell, code marks taken off. */
function rowsOf(page: string): string[][] {
  const text = readFileSync(new URL(`../../../../docs/${page}`, import.meta.url), "utf8");
  return text
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .slice(1, -1)
        .split(" | ")
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
}

describe("the tables of the docs", () => {
  const examples = rowsOf("reference/schedules.md").filter(
    (cells) => cells.length === 3 && /^\d{4}-\d\d-\d\d \d\d:\d\d/.test(cells[2] ?? ""),
  );

  it("have examples of cron", () => expect(examples.length).toBeGreaterThan(15));

  it.each(examples)("%s fires %s, first at %s", (cron, _, first) => {
    expect(localText(parseSchedule({ cron }).next(Date.parse("2026-01-01T00:00:00Z")) ?? 0, "UTC").replace("T", " ")).toBe(`${first}Z`);
  });

  const moves = rowsOf("guides/coming-from-elsewhere.md").filter((cells) => cells[1]?.startsWith("{"));

  it("have examples from elsewhere", () => expect(moves.length).toBeGreaterThan(20));

  it.each(moves)("%s is %s here, first at %s", (_, text, first) => {
    const spec = JSON.parse(text ?? "") as ScheduleSpec;
    expect(localText(parseSchedule(spec).next(Date.parse("2026-01-01T00:00:00Z")) ?? 0, "UTC").replace("T", " ")).toBe(`${first}Z`);
  });

  const findings = rowsOf("reference/schedules.md").filter((cells) => /^[a-z]+-[a-z-]+$/.test(cells[0] ?? "") && cells[1]?.includes(" * "));

  it("have examples of the linter", () => expect(findings.length).toBeGreaterThan(7));

  it.each(findings)("%s is found in %s", (rule, example) => {
    const [text, excluded] = example?.split(" without ") ?? [];
    const [cron, city] = text?.split(" in ") ?? [];
    const exclude = excluded === undefined ? [] : [{ schedule: { cron: excluded } }];
    const spec = { cron: cron ?? "", timezone: city === undefined ? "UTC" : `America/${city.replace(" ", "_")}`, exclude };
    expect(lintSchedule(spec).map((finding) => finding.rule)).toContain(rule);
  });

  const exclusions = readFileSync(new URL("../../../../docs/reference/schedules.md", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("{ ") && line.includes('"schedule"'));

  it("have examples of excluded schedules", () => expect(exclusions.length).toBeGreaterThan(1));

  it.each(exclusions)("%s is read and leaves something out", (text) => expect(lintSchedule(JSON.parse(text))).toEqual([]));

  const rules = readFileSync(new URL("../../../../docs/reference/schedules.md", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line.startsWith('{ "rrule"'));

  it("have examples of rules", () => expect(rules.length).toBeGreaterThan(1));

  it.each(rules)("%s is read", (rule) => expect(parseSchedule(JSON.parse(rule)).kind).toBe("rrule"));

  const changes = rowsOf("concepts/time-zones.md").filter((cells) => cells.length === 5 && cells[0]?.includes("/"));

  it("have examples of changes of the clock", () => expect(changes.length).toBeGreaterThan(14));

  it.each(changes)("in %s %s, %s, after %s fires at %s", (timezone, cron, policy, after, fires) => {
    const [side, value] = policy?.split(": ") ?? [];
    const dst = (value === undefined ? {} : { [side ?? ""]: value }) as NonNullable<ScheduleSpec["dst"]>;
    const expected = fires?.split(", ") ?? [];
    expect(occurrences({ cron: cron ?? "", timezone: timezone ?? "", dst }, after ?? "", expected.length)).toEqual(expected);
  });
});

it("the README's example is right", () => {
  const schedule = parseSchedule({ cron: "30 9 * * MON-FRI", timezone: "Europe/Berlin" });
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const nextMs = schedule.next(Date.parse("2026-03-28T12:00:00Z")) ?? 0;
  expect(readme).toContain(`// ${nextMs}, ${new Date(nextMs).toISOString().replace(".000", "")}`);
  expect(readme).toContain(`// "${schedule.describe()}"`);
});
