import { describe, expect, test } from "vitest";
import { createPlanSharing } from "../../src/engine/plan-sharing.ts";

const anchor = "2027-01-01T00:00:00Z";
const nowMs = Date.parse("2027-03-01T09:00:00Z");
const jobs = Array.from({ length: 20 }, (_, index) => `01900000-0000-8000-8000-0000000000${(index + 16).toString(16)}`);
const definition = (schedule: object, url = "https://example.com/hook") => JSON.stringify({ ...schedule, target: { type: "http", url } });

describe("the plans of a node", () => {
  test("are one for all jobs with the same definition, and the second job costs nothing", () => {
    const parse = createPlanSharing();
    const [first, second] = jobs.map((jobId) => parse(definition({ every: "5m", anchor }), jobId));
    expect(second?.plan).toBe(first?.plan);
    expect(first?.bytes).toBeGreaterThan(0);
    expect(second?.bytes).toBe(0);
  });

  test("share a schedule though their targets differ", () => {
    const parse = createPlanSharing();
    const schedule = { cron: "30 4 * * *", timezone: "Europe/Berlin" };
    const [first, second] = jobs.map((jobId, index) => parse(definition(schedule, `https://example.com/${index}`), jobId));
    expect(second?.plan).not.toBe(first?.plan);
    expect(second?.plan.schedule).toBe(first?.plan.schedule);
    expect(second?.plan.target).toEqual({ type: "http", url: "https://example.com/1" });
    expect(second?.bytes).toBeLessThan(first?.bytes ?? 0);
  });

  const own: [string, object][] = [
    ["H", { cron: "H * * * *" }],
    ["H in a union", { anyOf: [{ cron: "H * * * *" }, { cron: "H 4 * * *" }] }],
    ["a spread", { cron: "0 * * * *", spread: "50m" }],
    ["jitter", { cron: "0 * * * *", jitter: "50m" }],
  ];
  test.each(own)("are each job's own with %s", (_name, schedule) => {
    const parse = createPlanSharing();
    const starts = jobs.map((jobId) => {
      const { plan } = parse(definition(schedule), jobId);
      return plan.dueAt(plan.schedule.next(nowMs) ?? 0);
    });
    expect(new Set(starts).size).toBeGreaterThan(jobs.length / 2);
    const again = jobs.map((jobId) => {
      const { plan } = createPlanSharing()(definition(schedule), jobId);
      return plan.dueAt(plan.schedule.next(nowMs) ?? 0);
    });
    expect(again).toEqual(starts);
  });
});
