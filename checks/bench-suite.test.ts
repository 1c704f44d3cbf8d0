import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stocked } from "../bench/lib/stock.ts";
import { readCall, refusalOf } from "../bench/suite/options.ts";
import { insertBetween } from "../bench/suite/page.ts";
import { percentilesOf } from "../bench/suite/percentiles.ts";
import type { Result } from "../bench/suite/scenario.ts";
import { api } from "../bench/suite/scenarios/api.ts";
import { engine } from "../bench/suite/scenarios/engine.ts";
import { judge } from "../bench/suite/scenarios/pinned.ts";
import { size } from "../bench/suite/scenarios/size.ts";
import { tablesOf } from "../bench/suite/table.ts";

test("percentiles weigh each time by how often it was seen, to three digits", () => {
  const times = [
    [10, 9_890],
    [200, 100],
    [4_000, 10],
  ] as const;
  const found = percentilesOf(times);
  const digits = (value: number | undefined): string => Number(value).toPrecision(3);
  expect([found?.p50, found?.p95, found?.p99, found?.p999, found?.max].map(digits)).toEqual(["10.0", "10.0", "200", "200", "4.00e+3"]);
});

test("a run that began before its time by the clocks' estimate counts as on time, and nothing at all has no percentiles", () => {
  expect(percentilesOf([[-0.4, 3]])).toMatchObject({ p50: 0, max: 0 });
  expect(percentilesOf([])).toBeNull();
});

test("a benchmark is called by one name, with numbers that are numbers", () => {
  expect(readCall(["engine", "--seconds", "5", "--ready"])).toMatchObject({
    scenario: "engine",
    options: { seconds: 5, ready: true, nodes: 1 },
  });
  expect(() => readCall([])).toThrow("one scenario");
  expect(() => readCall(["engine", "lag"])).toThrow("one scenario");
  expect(() => readCall(["engine", "--seconds", "soon"])).toThrow("--seconds soon");
  expect(() => readCall(["engine", "--nodes", "0"])).toThrow("--nodes 0");
});

test("a folder is for a scenario that keeps one, of one size, with the PostgreSQL that is started here", () => {
  const refusal = (scenario: typeof api, args: string[], url?: string) =>
    refusalOf(scenario, readCall([scenario.name, ...args]).options, url);
  expect(refusal(api, ["--folder", "stock"])).toBeNull();
  expect(refusal(size, ["--folder", "stock", "--size", "1000"])).toBeNull();
  expect(refusal(engine, [], "postgres://server/db")).toBeNull();
  expect(refusal(engine, ["--folder", "stock"])).toContain("engine keeps no folder");
  expect(refusal(size, ["--folder", "stock"])).toContain("--size");
  expect(refusal(api, ["--folder", "stock"], "postgres://server/db")).toContain("DATABASE_URL");
});

test("a folder is filled once, and refused when it holds another amount, is for another purpose, or was left half filled", async () => {
  const folder = mkdtempSync(join(tmpdir(), "punctual-test-stock-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const runs = { kind: "history", part: "runs", amount: 500 };
  const unexpected = () => Promise.reject(new Error("filled twice"));
  expect(await stocked(folder, runs, () => Promise.resolve({ day: 1 }))).toEqual({ day: 1 });
  expect(await stocked(folder, runs, unexpected)).toEqual({ day: 1 });
  await expect(stocked(folder, { ...runs, amount: 1_000 }, unexpected)).rejects.toThrow("holds 500 runs, and 1,000 are asked for");
  await expect(stocked(folder, { ...runs, kind: "size" }, unexpected)).rejects.toThrow("another purpose");
  const jobs = { kind: "history", part: "jobs", amount: 100 };
  await expect(stocked(folder, jobs, () => Promise.reject(new Error("interrupted")))).rejects.toThrow("interrupted");
  await expect(stocked(folder, jobs, unexpected)).rejects.toThrow("half filled with jobs");
  expect(await stocked(folder, runs, unexpected)).toEqual({ day: 1 });
});

test("a pinned snapshot's rates are told by phase, and the recovery from the release to the first ten seconds that are as fast as before", () => {
  const phases = [
    { seconds: 60, rate: 1_000 },
    { seconds: 100, rate: 800 },
    { seconds: 30, rate: 500 },
    { seconds: 90, rate: 1_000 },
  ];
  const perSecond = phases.flatMap(({ seconds, rate }) => Array.from({ length: seconds }, () => rate));
  const found = judge(perSecond, 100);
  expect(found).toEqual({
    freePerSecond: 1_000,
    pinnedPerSecond: 800,
    pinnedLastMinutePerSecond: 800,
    recoveredPerSecond: 1_000,
    recoverySeconds: 39,
  });
  expect(judge(perSecond.slice(0, 160), 100).recoverySeconds).toBeNull();
});

test("the table has a line for each step of a result, and says when something else was at work", () => {
  const figures = {
    ...{
      runsPerSecond: 1_234,
      lagMs: null,
      cpuSeconds: { node: 10, database: 20 },
      memoryMb: { node: 100, database: null },
      postgres: "18.4",
    },
    ...{ statementsPerRun: 0.5, rowsPerRun: 4, walBytesPerRun: 900, seconds: 60 },
  };
  const machine = {
    cores: 2,
    cpu: "some",
    memoryMb: 8_192,
    system: "linux",
    node: "20",
    postgres: "18.4",
    storage: "disk",
    loadBefore: 3,
  } as const;
  const result: Result = {
    ...figures,
    scenario: "lag",
    at: "2026-11-21T10:00:00Z",
    machine,
    steps: [
      { ...figures, step: "100/s" },
      { ...figures, step: "1,000/s" },
    ],
  };
  const text = tablesOf([result]);
  expect(text.split("\n").filter((line) => line.startsWith("| lag:"))).toHaveLength(2);
  expect(text).toContain("1,234");
  expect(text).toContain("a load of up to 3");
});

test("a page keeps what stands around the table, and one without a place for it is refused", () => {
  const page = "before\n<!-- written by `npm run bench -- table` -->\nold\n<!-- up to here -->\nafter";
  expect(insertBetween(page, "<!-- written by `npm run bench -- table` -->", "new")).toBe(
    "before\n<!-- written by `npm run bench -- table` -->\n\nnew\n\n<!-- up to here -->\nafter",
  );
  expect(() => insertBetween("no markers", "<!-- here -->", "new")).toThrow("no place");
});
