import { parseSchedule } from "@punctual/schedule";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FiringPlan, planFiring } from "../../src/model/firing-plan.ts";
import { occurrenceRunId } from "../../src/model/ids.ts";
import type { JobPlan } from "../../src/model/job-definition.ts";
import { retryPolicyOf } from "../../src/model/retry-policy.ts";

const jobId = "01a318c5-c400-8abc-9def-0123456789ff";
const startMs = Date.parse("2027-03-01T09:00:00Z");
const target = { type: "http", url: "https://example.com" } as const;

function planOf(spec: Parameters<typeof parseSchedule>[0], more: Partial<JobPlan> = {}): JobPlan {
  const misfire = { windowMs: 600_000, policy: "latest" } as const;
  const whole = { schedule: parseSchedule(spec), dueAt: (nominalMs: number) => nominalMs, afterCompletionMs: null };
  const policies = { misfire, maxRuns: null, priority: 4, overlap: "allow" as const, startTimeoutMs: null, pauseAfterDeadRuns: null };
  return { ...whole, ...policies, target, retry: retryPolicyOf(), timeoutMs: 30_000, ...more };
}

const minutely = (more: Partial<JobPlan> = {}) => planOf({ cron: "* * * * *" }, more);
const minute = (count: number) => startMs + count * 60_000;
const at = (nominalMs: number) => ({ nominalMs, dueMs: nominalMs });
const due = (nextMs: number, fired = 0) => ({ jobId, nextMs, dueMs: nextMs, fired });
const minutesThatRun = (plan: FiringPlan) =>
  plan.occurrences.filter(({ verdict }) => verdict === "run").map(({ nominalMs }) => (nominalMs - startMs) / 60_000);

/** All pages of a gap, as an engine takes them one after another. */
function allPages(plan: JobPlan, nextMs: number, nowMs: number, limit: number): FiringPlan {
  const whole: FiringPlan = { next: at(nextMs), nextIfSkipped: null, counted: 0, occurrences: [] };
  while (whole.next !== null && whole.next !== "on_completion" && whole.next.nominalMs <= nowMs) {
    const page = planFiring(due(whole.next.nominalMs, whole.counted), plan, nowMs, limit);
    expect(page.occurrences.length).toBeLessThanOrEqual(limit);
    whole.next = page.next;
    whole.counted += page.counted;
    whole.occurrences.push(...page.occurrences);
  }
  return whole;
}

describe("firing a due cursor", () => {
  test("on time fires the one occurrence and moves to the next", () => {
    expect(planFiring(due(minute(0)), minutely(), minute(0) + 3, 100)).toEqual({
      next: at(minute(1)),
      nextIfSkipped: at(minute(1)),
      counted: 1,
      occurrences: [{ runId: occurrenceRunId(jobId, minute(0)), nominalMs: minute(0), verdict: "run", reason: null }],
    });
  });

  test("after a gap runs all within the window, and of the older ones the latest, all or none", () => {
    const fireAfterHour = (policy: "latest" | "all" | "skip") =>
      minutesThatRun(planFiring(due(minute(0)), minutely({ misfire: { windowMs: 600_000, policy } }), minute(60), 1_000));
    const young = [50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60];
    expect(fireAfterHour("latest")).toEqual([49, ...young]);
    expect(fireAfterHour("skip")).toEqual(young);
    expect(fireAfterHour("all")).toEqual(Array.from({ length: 61 }, (_, index) => index));
  });

  test("says of every occurrence that does not run why", () => {
    const { occurrences } = planFiring(due(minute(0)), minutely(), minute(60), 1_000);
    expect(occurrences).toHaveLength(61);
    expect(occurrences.filter(({ verdict }) => verdict === "skip").every(({ reason }) => reason === "misfire")).toBe(true);
  });

  test("ends the schedule with the last run that maxRuns allows, and fires nothing beyond it", () => {
    const plan = minutely({ maxRuns: 5 });
    expect(planFiring(due(minute(0), 4), plan, minute(0), 100)).toMatchObject({ next: null, counted: 1 });
    expect(minutesThatRun(planFiring(due(minute(0), 2), plan, minute(9), 100))).toEqual([0, 1, 2]);
    expect(planFiring(due(minute(0), 5), plan, minute(9), 100)).toEqual({
      next: null,
      nextIfSkipped: null,
      counted: 0,
      occurrences: [],
    });
  });

  test("runs a one-time job that was created long after its time, for that delay is no misfire", () => {
    const plan = planOf({ runAt: "2027-03-01T09:00:00Z" }, { misfire: { windowMs: 600_000, policy: "skip" } });
    const weekMs = 7 * 24 * 3_600_000;
    const created = { jobId, nextMs: startMs, dueMs: startMs + weekMs, fired: 0 };
    expect(planFiring(created, plan, startMs + weekMs + 5, 100)).toMatchObject({
      next: null,
      counted: 1,
      occurrences: [{ verdict: "run" }],
    });
    expect(planFiring(created, plan, startMs + weekMs + 600_001, 100)).toMatchObject({
      next: null,
      counted: 0,
      occurrences: [{ verdict: "skip" }],
    });
  });

  test("of several occurrences due at once, runs as many as the overlap policy lets run, and says why the others do not", () => {
    const verdicts = (overlap: JobPlan["overlap"], more: Partial<JobPlan> = {}) => {
      const { occurrences, counted } = planFiring(due(minute(0)), minutely({ overlap, ...more }), minute(3), 100);
      return [counted, ...occurrences.map(({ verdict, reason }) => reason ?? verdict)];
    };
    expect(verdicts("allow")).toEqual([4, "run", "run", "run", "run"]);
    expect(verdicts("skip")).toEqual([1, "run", "overlap", "overlap", "overlap"]);
    expect(verdicts("queue")).toEqual([4, "run", "wait", "wait", "wait"]);
    expect(verdicts("cancel_previous")).toEqual([1, "overlap", "overlap", "overlap", "run"]);
    expect(verdicts("queue", { maxRuns: 2 })).toEqual([2, "run", "wait"]);
  });

  test("tells where the cursor goes if the occurrence that would be the last is skipped instead", () => {
    const plan = minutely({ maxRuns: 5, overlap: "skip" });
    expect(planFiring(due(minute(0), 4), plan, minute(0), 100)).toMatchObject({ next: null, nextIfSkipped: at(minute(1)) });
    const delayed = planOf({ every: "10m", anchor: "2027-03-01T09:00:00Z" }, { afterCompletionMs: 600_000, overlap: "skip" });
    expect(planFiring(due(minute(0)), delayed, minute(1), 100)).toMatchObject({ next: "on_completion", nextIfSkipped: at(minute(11)) });
  });

  test("judges every occurrence of a gap exactly once and as a simple walk would, however the pages are cut", () => {
    const gaps = fc.record({
      minutes: fc.integer({ min: 0, max: 300 }),
      nowMs: fc.integer({ min: 0, max: 59_999 }),
      windowMs: fc.integer({ min: 1, max: 240 * 60_000 }),
      policy: fc.constantFrom("latest" as const, "all" as const, "skip" as const),
      maxRuns: fc.option(fc.integer({ min: 1, max: 40 })),
      limit: fc.integer({ min: 1, max: 70 }),
      every: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(gaps, ({ minutes, nowMs: intoMinuteMs, windowMs, policy, maxRuns, limit, every }) => {
        const nowMs = minute(minutes) + intoMinuteMs;
        const plan = planOf({ every: `${every}m`, anchor: "2027-03-01T09:00:00Z" }, { misfire: { windowMs, policy }, maxRuns });
        const whole = allPages(plan, startMs, nowMs, limit);
        expect(whole.occurrences.map(({ nominalMs, verdict }) => [nominalMs, verdict])).toEqual(
          walk(every * 60_000, nowMs, windowMs, policy, maxRuns),
        );
        expect(whole.counted).toBe(whole.occurrences.filter(({ verdict }) => verdict === "run").length);
        expect(whole.next === null).toBe(maxRuns !== null && whole.counted >= maxRuns);
      }),
    );
  });
});

/** The promise in its plainest form. */
function walk(everyMs: number, nowMs: number, windowMs: number, policy: string, maxRuns: number | null): [number, string][] {
  const times: number[] = [];
  for (let at = startMs; at <= nowMs; at += everyMs) times.push(at);
  const latestOld = times.filter((at) => at < nowMs - windowMs).at(-1);
  const judged: [number, string][] = [];
  let runs = 0;
  for (const at of times) {
    if (maxRuns !== null && runs >= maxRuns) break;
    const isRun = at >= nowMs - windowMs || policy === "all" || (policy === "latest" && at === latestOld);
    if (isRun) runs++;
    judged.push([at, isRun ? "run" : "skip"]);
  }
  return judged;
}
