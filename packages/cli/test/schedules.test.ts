import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Explanation, LintResult, Preview, ScheduleDiff } from "@punctual/contract";
import { tzVersion } from "@punctual/schedule";
import { afterAll, expect, test } from "vitest";
import { runForTest } from "./lib/test-io.ts";

const folder = mkdtempSync(join(tmpdir(), "punctual-schedules-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function json<T>(args: readonly string[], stdin = ""): Promise<{ exit: number; value: T }> {
  const { exit, out, err } = await runForTest([...args, "--json"], { cwd: folder, stdin });
  expect(err).toBe("");
  return { exit, value: JSON.parse(out) as T };
}

async function times(...args: string[]): Promise<string[]> {
  const { value } = await json<Preview>(["preview", ...args]);
  return value.occurrences.map(({ nominalAt }) => nominalAt);
}

test("every flag of a schedule reaches it", async () => {
  expect(await times("0 9 * * *", "--count", "2", "--exclude", '{"date":"03-02"}')).toEqual([
    "2027-03-03T09:00:00.000Z",
    "2027-03-04T09:00:00.000Z",
  ]);
  const gap = ["30 2 * * *", "--timezone", "Europe/Berlin", "--from", "2027-03-27T12:00:00Z", "--count", "1"];
  expect(await times(...gap)).toEqual(["2027-03-28T01:00:00.000Z"]);
  expect(await times(...gap, "--dst-gap", "shift")).toEqual(["2027-03-28T01:30:00.000Z"]);
  expect(await times(...gap, "--dst-gap", "skip")).toEqual(["2027-03-29T00:30:00.000Z"]);
  const twice = ["30 2 31 10 *", "--timezone", "Europe/Berlin", "--from", "2027-10-30T12:00:00Z", "--count", "1"];
  expect(await times(...twice, "--dst-overlap", "second")).toEqual(["2027-10-31T01:30:00.000Z"]);
  expect(await times("0 0 9 ? * 1", "--dialect", "quartz", "--count", "1")).toEqual(["2027-03-07T09:00:00.000Z"]);
  expect(await times("--every", "7m", "--count", "1")).toEqual(["2027-03-01T09:07:00.000Z"]);
  expect(await times("--every", "1h", "--anchor", "2027-03-01T08:20:00Z", "--end-at", "2027-03-01T09:30:00Z")).toEqual([
    "2027-03-01T09:20:00.000Z",
  ]);
  expect(await times("--rrule", "FREQ=MONTHLY;BYDAY=-1FR", "--anchor", "2027-01-01T09:00:00Z", "--count", "1")).toEqual([
    "2027-03-26T09:00:00.000Z",
  ]);
  const weekends = ["--exclude", '{"weekly":"SAT,SUN"}', "--from", "2027-05-10T00:00:00Z", "--count", "1"];
  expect(await times("0 9 15 * *", ...weekends, "--roll", "following")).toEqual(["2027-05-17T09:00:00.000Z"]);
  expect(await times("0 9 * * *", ...weekends, "--business-days", "-1")).toEqual(["2027-05-31T09:00:00.000Z"]);
  expect(await times("--run-at", "2020-01-01T00:00:00Z")).toEqual(["2020-01-01T00:00:00.000Z"]);
});

test("spread and jitter show when an occurrence starts beside its nominal time, the same for the same seed", async () => {
  const args = ["preview", "0 9 * * *", "--spread", "10m", "--count", "2", "--seed", "report"];
  const { value } = await json<Preview>(args);
  const offsets = value.occurrences.map(({ nominalAt, effectiveAt }) => Date.parse(effectiveAt) - Date.parse(nominalAt));
  expect(offsets[0]).toBeGreaterThan(0);
  expect(offsets[1]).toBe(offsets[0]);
  expect((await runForTest(args)).out).toContain(", starts 2027-03-02 09:0");
  const jittered = (await json<Preview>([...args, "--jitter", "1m"])).value.occurrences;
  expect(new Set(jittered.map(({ nominalAt, effectiveAt }) => Date.parse(effectiveAt) - Date.parse(nominalAt))).size).toBe(2);
  expect((await runForTest(["preview", "0 9 * * *", "--spread", "25h"])).exit).toBe(3);
});

test("explain says whether a schedule fires at a time, why, and when around it", async () => {
  const berlin = ["explain", "30 2 * * *", "--timezone", "Europe/Berlin", "--at", "2027-03-28T01:00:00Z"];
  const { value } = await json<Explanation>(berlin);
  expect(value).toMatchObject({
    at: "2027-03-28T01:00:00.000Z",
    fires: true,
    previous: "2027-03-27T01:30:00.000Z",
    next: "2027-03-29T00:30:00.000Z",
  });
  expect(value.reasons.find(({ part }) => part === "dst")?.text).toContain("run_after");
  const words = await runForTest(["explain", "0 9 * * 1", "--at", "2027-03-02T09:00:00Z"]);
  expect([words.exit, words.err]).toEqual([0, ""]);
  expect(words.out).toMatch(/^2027-03-02 09:00:00Z \(in 1d\): does not fire\n/);
  expect(words.out).toContain("  no   day of week: ");
  expect(words.out).toContain("next    2027-03-08 09:00:00Z (in 7d)\n");
});

test("explain needs a time, with its offset", async () => {
  expect((await runForTest(["explain", "* * * * *"])).exit).toBe(2);
  expect((await runForTest(["explain", "* * * * *", "--at", "2027-03-02T09:00"])).exit).toBe(3);
});

test("lint names what may surprise, and only --strict makes that an error", async () => {
  const { exit, value } = await json<LintResult>(["lint", "0 9 13 * FRI"]);
  expect([exit, value.findings.map(({ rule }) => rule)]).toEqual([0, ["day-or-weekday"]]);
  expect((await json(["lint", "0 9 13 * FRI", "--strict"])).exit).toBe(3);
  expect((await json(["lint", "0 9 * * *", "--strict"])).exit).toBe(0);
  expect((await runForTest(["lint", "0 9 * * *"])).out).toBe("At 09:00: nothing surprising.\n");
});

test("a line that cannot be read does not stop the others, and the exit code tells", async () => {
  const stdin = "# a comment\n0 9 13 * FRI\n\n61 * * * *\n0 9 * * *\n";
  const linted = await json<({ cron: string } & Partial<LintResult>)[]>(["lint", "-"], stdin);
  expect([linted.exit, linted.value.map(({ cron, findings }) => [cron, findings?.length])]).toEqual([
    8,
    [
      ["0 9 13 * FRI", 1],
      ["61 * * * *", undefined],
      ["0 9 * * *", 0],
    ],
  ]);
  expect((await json(["lint", "-", "--strict"], "0 9 13 * FRI\n")).exit).toBe(3);
  expect((await json(["preview", "-"], "0 9 * * *\n")).exit).toBe(0);
  const explained = await json<{ cron: string; fires: boolean }[]>(
    ["explain", "-", "--at", "2027-03-01T09:00:00Z"],
    "0 9 * * *\n0 8 * * *\n",
  );
  expect(explained.value.map(({ fires }) => fires)).toEqual([true, false]);
});

test("another schedule is excluded in its JSON form, and explain names it", async () => {
  const exclude = ["--exclude", '{"schedule":{"cron":"0 9 2 * *"}}'];
  expect(await times("0 9 * * *", ...exclude, "--count", "2")).toEqual(["2027-03-03T09:00:00.000Z", "2027-03-04T09:00:00.000Z"]);
  const words = await runForTest(["explain", "0 9 * * *", ...exclude, "--at", "2027-03-02T09:00:00Z"]);
  expect(words.out).toContain("It is an occurrence of exclude[0].schedule: At 09:00 on the 2nd.");
  expect((await runForTest(["lint", "30 9 * * *", ...exclude])).out).toContain("idle-exclusion");
});

test("diff compares two schedules, of any kind, with the flags that both share", async () => {
  const { value } = await json<ScheduleDiff>(["diff", "0 9 * * *", "0 9 * * MON-FRI", "--timezone", "Europe/Berlin", "--count", "6"]);
  expect(value).toMatchObject({ after: "At 09:00 on Monday to Friday (Europe/Berlin)", added: [] });
  expect(value.lost).toEqual(["2027-03-06T08:00:00.000Z", "2027-03-07T08:00:00.000Z"]);
  const words = await runForTest(["diff", "0 12 * * *", '{"every":"1 day","anchor":"2027-03-01T13:00:00Z"}', "--count", "2"]);
  expect(words.out).toBe("- At 12:00\n+ Every day\n  - 2027-03-01 12:00:00Z (in 3h)\n  + 2027-03-01 13:00:00Z (in 4h)\n");
  expect((await runForTest(["diff", "0 9 * * *", "0 9 * * *"])).out).toContain("No difference");
});

test("diff takes a schedule from a file, and refuses what is none", async () => {
  writeFileSync(
    join(folder, "old.json"),
    JSON.stringify({ name: "report", cron: "0 9 * * *", target: { type: "http", url: "http://h/" } }),
  );
  const { out } = await runForTest(["diff", "@old.json", "0 9 * * *"], { cwd: folder });
  expect(out).toContain("No difference");
  const refused = await runForTest(["diff", "0 9 * * *", '{"crom":"0 9 * * *"}']);
  expect([refused.exit, refused.err.includes('"crom" is no field of a schedule')]).toEqual([2, true]);
  expect((await runForTest(["diff", "0 9 * * *", "-"])).exit).toBe(2);
});

test("preview tells programs which rules of time it went by", async () => {
  expect((await json<Preview>(["preview", "0 9 * * *"])).value.tzVersion).toBe(tzVersion());
});

test("a schedule comes from a file, a job's too, and flags replace its fields", async () => {
  const write = (value: unknown): void => writeFileSync(join(folder, "schedule.json"), JSON.stringify(value));
  write({ anyOf: [{ cron: "0 9 * * *" }, { cron: "0 17 * * *" }], exclude: [{ weekly: "TUE" }] });
  expect(await times("--file", "schedule.json", "--count", "2")).toEqual(["2027-03-01T17:00:00.000Z", "2027-03-03T09:00:00.000Z"]);
  write({ name: "report", cron: "0 9 * * *", target: { type: "http", url: "http://h/" } });
  expect(await times("--file", "schedule.json", "--timezone", "Europe/Berlin", "--count", "1")).toEqual(["2027-03-02T08:00:00.000Z"]);
  write({ cron: "0 9 * * *", timezome: "Europe/Berlin" });
  const refused = await runForTest(["preview", "--file", "schedule.json"], { cwd: folder });
  expect([refused.exit, refused.err.includes('"timezome" is no field of a schedule')]).toEqual([2, true]);
});

test.each([
  [["preview", "* * * * *", "--exclude", "12-25"], 2, "--exclude is not JSON"],
  [["preview", "* * * * *", "--exclude", '"12-25"'], 2, "is no exclusion"],
  [["preview", "* * * * *", "--exclude", '{"date":"13-45"}'], 3, "13-45"],
  [["lint", "-", "--file", "-"], 2, "Standard input cannot be both"],
  [["preview", "* * * * *", "--business-days", "first"], 2, "whole numbers with commas"],
  [["preview", "* * * * *", "--every", "1h"], 3, "cron and every"],
  [["explain", "* * * * *", "--job", "report", "--at", "2027-03-01T09:00:00Z"], 2, "--job has a schedule of its own"],
])("%j is refused, exit code %i", async (args, exit, sentence) => {
  const result = await runForTest(args);
  expect(result.exit).toBe(exit);
  expect(result.err).toContain(sentence);
});
