import { expect, test } from "vitest";
import type { Coefficients } from "../../src/capacity/coefficients.ts";
import { measured } from "../../src/capacity/measured.ts";
import { type CapacityPlan, type PlanQuestion, planCapacity } from "../../src/capacity/plan.ts";
import { planText } from "../../src/output/plan.ts";
import { runForTest } from "../lib/test-io.ts";

/** A node carries 7,000 runs a second, a core of the database 3,500, the disk 100,000. */
const values: Coefficients = {
  ...{ nodeCpuMsPerRun: 0.1, databaseCpuMsPerRun: 0.2, rowsPerRun: 4, logBytesPerRun: 1_000, bytesPerRun: 800, bytesPerJob: 1_000 },
  ...{ nodeMemoryMb: 300, diskMbPerSecond: 100 },
};
const usual: PlanQuestion = {
  ...{ jobs: 1e6, runsPerDay: 86_400_000, retentionDays: 30, peakFactor: 1, dueAtOnce: 0, withinSeconds: 10, attemptSeconds: 0.1 },
  ...{ bodyBytes: 0, databaseCores: 3, slotsPerNode: 1_000 },
};
const plan = (changes: Partial<PlanQuestion> = {}): CapacityPlan => planCapacity({ ...usual, ...changes }, { values });

test("nodes carry the peak with one of them dead, and none is busier than seven tenths of a core", () => {
  expect(plan().nodes).toMatchObject({ needed: 1, recommended: 2 });
  expect(plan({ peakFactor: 20 }).nodes).toMatchObject({ needed: 3, recommended: 4 });
  const { nodes, load } = plan({ peakFactor: 21 });
  expect(nodes.needed).toBe(3);
  expect((load.peakPerSecond * 0.1) / 1_000 / nodes.needed).toBeCloseTo(0.7, 6);
  expect(plan({ peakFactor: 21.01 }).nodes.needed).toBe(4);
});

test("slow targets need slots, and slots need nodes", () => {
  expect(plan({ attemptSeconds: 10 }).nodes.needed).toBe(10);
  expect(plan({ attemptSeconds: 10 }).limits[0]?.what).toBe("slots");
  expect(plan({ attemptSeconds: 10, slotsPerNode: 10_000 }).nodes.needed).toBe(1);
  expect(plan({ attemptSeconds: 0 }).limits.map(({ what }) => what)).not.toContain("slots");
});

test("history grows with runs, retention and what they carry; jobs are stored once", () => {
  const { jobsGb, growthGbPerDay, historyGb } = plan().database;
  expect(jobsGb).toBe(1);
  expect(growthGbPerDay).toBeCloseTo(69.12, 6);
  expect(historyGb).toBeCloseTo(69.12 * 30, 6);
  expect(plan({ retentionDays: 15 }).database.historyGb).toBeCloseTo(69.12 * 15, 6);
  expect(plan({ bodyBytes: 200 }).database.growthGbPerDay).toBeCloseTo(86.4, 6);
});

test("what gives way first is named with its load, and more of it makes another the first", () => {
  const first = (changes: Partial<PlanQuestion> = {}) => {
    const [limit] = plan(changes).limits;
    return [limit?.what, Math.round(limit?.runsPerSecond ?? 0)];
  };
  expect(first()).toEqual(["database", 10_500]);
  expect(plan().headroom).toBeCloseTo(10.5, 6);
  expect(first({ databaseCores: 5 })).toEqual(["nodes", 14_000]);
  expect(first({ bodyBytes: 999_000 })).toEqual(["disk", 100]);
  expect(plan({ peakFactor: 20 }).database.coresNeeded).toBe(6);
});

test("a herd is a peak of its own, and one that is too large for the database is told", () => {
  const herd = plan({ dueAtOnce: 100_000, withinSeconds: 10 });
  expect(herd.load.peakPerSecond).toBe(10_000);
  expect(herd.herd).toMatchObject({ runs: 100_000, within: true });
  expect(plan({ dueAtOnce: 200_000 }).herd).toMatchObject({ within: false });
  expect(planText({ ...usual, dueAtOnce: 200_000 }, plan({ dueAtOnce: 200_000 }))).toContain("later than the 10 s asked for");
  expect(planText({ ...usual, dueAtOnce: 200_000 }, plan({ dueAtOnce: 200_000 }))).toContain("too small for the peak");
});

test("punctual plan reads counts as people write them, and tells where its coefficients come from", async () => {
  const { exit, out } = await runForTest(["plan", "--jobs", "1.5M", "--runs-per-day", "50m", "--retention", "2w", "--json"]);
  expect(exit).toBe(0);
  const told = JSON.parse(out) as CapacityPlan & { question: PlanQuestion; coefficients: typeof measured };
  expect(told.question).toMatchObject({ jobs: 1_500_000, runsPerDay: 50_000_000, retentionDays: 14 });
  expect(told.coefficients).toEqual(measured);
  expect(told.coefficients.origin).toContain("npm run bench");
  expect((await runForTest(["plan", "--jobs", "many", "--runs-per-day", "1"])).err).toContain("5M, 250k or 100000");
  expect((await runForTest(["plan", "--jobs", "1", "--runs-per-day", "0"])).err).toContain("more than 0");
  expect((await runForTest(["plan", "--jobs", "1", "--runs-per-day", "1", "--retention", "long"])).err).toContain("a duration such as");
});
