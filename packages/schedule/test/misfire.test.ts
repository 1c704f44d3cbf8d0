import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DueOccurrence, enumerateDue, enumerateDueRanges, type MisfirePolicy, parseSchedule, type Schedule } from "../src/index.ts";

const minute = 60_000;
const everyMinute = parseSchedule({ every: "1m" });

/** The verdicts of a page as `r` and `s`. */
function verdicts(occurrences: DueOccurrence[]): string {
  return occurrences.map(({ verdict }) => verdict[0]).join("");
}

/** Everything that is due, collected page by page. */
function collect(
  schedule: Schedule,
  input: { cursorMs: number; nowMs: number; windowMs: number; policy: MisfirePolicy },
  limit: number,
): DueOccurrence[] {
  const all: DueOccurrence[] = [];
  for (let cursorMs: number | null = input.cursorMs; cursorMs !== null && cursorMs <= input.nowMs; ) {
    const page = enumerateDue(schedule, { ...input, cursorMs, limit });
    expect(page.occurrences.length).toBeGreaterThan(0);
    expect(page.occurrences.length).toBeLessThanOrEqual(limit);
    all.push(...page.occurrences);
    cursorMs = page.nextMs;
  }
  return all;
}

describe("enumerateDue", () => {
  const tenMissed = { cursorMs: minute, nowMs: 10 * minute, windowMs: 3 * minute, limit: 100 };

  it.each<[MisfirePolicy, string]>([
    ["latest", "sssssrrrrr"],
    ["all", "rrrrrrrrrr"],
    ["skip", "ssssssrrrr"],
  ])("gives each missed occurrence its verdict under %s", (policy, expected) => {
    const page = enumerateDue(everyMinute, { ...tenMissed, policy });
    expect(verdicts(page.occurrences)).toBe(expected);
    expect(page.occurrences.filter(({ verdict }) => verdict === "skip").every(({ reason }) => reason === "misfire")).toBe(true);
    expect(page.occurrences.filter(({ verdict }) => verdict === "run").every(({ reason }) => reason === undefined)).toBe(true);
    expect(page.nextMs).toBe(11 * minute);
  });

  it("runs an occurrence that is exactly as old as the window", () => {
    expect(verdicts(enumerateDue(everyMinute, { ...tenMissed, cursorMs: 7 * minute, policy: "skip" }).occurrences)).toBe("rrrr");
  });

  it("lists nothing that is not due", () => {
    expect(enumerateDue(everyMinute, { ...tenMissed, cursorMs: 11 * minute, policy: "all" })).toEqual({
      occurrences: [],
      nextMs: 11 * minute,
    });
  });

  it("moves a cursor that is no occurrence, as after an edit of the schedule, to the next one", () => {
    const page = enumerateDue(everyMinute, { ...tenMissed, cursorMs: 8 * minute + 1, policy: "all" });
    expect(page.occurrences.map(({ nominalMs }) => nominalMs)).toEqual([9 * minute, 10 * minute]);
  });

  it("stops at the limit with a cursor that is still due", () => {
    const page = enumerateDue(everyMinute, { ...tenMissed, limit: 4, policy: "all" });
    expect(page.occurrences).toHaveLength(4);
    expect(page.nextMs).toBe(5 * minute);
  });

  it("ends with the schedule", () => {
    const once = parseSchedule({ runAt: "1970-01-01T00:05:00Z" });
    expect(enumerateDue(once, { ...tenMissed, cursorMs: 5 * minute, policy: "latest" })).toEqual({
      occurrences: [{ nominalMs: 5 * minute, verdict: "run" }],
      nextMs: null,
    });
  });

  it("decides the same however the pages are cut, and passes nothing over", () => {
    const schedules = ["*/7 * * * *", "0 * * * *", "0 3 * * *", "15,45 1-5 * * *"].map((cron) =>
      parseSchedule({ cron, timezone: "Europe/Berlin" }),
    );
    const input = fc.record({
      schedule: fc.constantFrom(...schedules),
      startMs: fc.integer({ min: Date.UTC(2026, 2, 20), max: Date.UTC(2026, 3, 2) }),
      lateMs: fc.integer({ min: 0, max: 3 * 86_400_000 }),
      windowMs: fc.integer({ min: 0, max: 86_400_000 }),
      policy: fc.constantFrom<MisfirePolicy>("latest", "all", "skip"),
      limit: fc.integer({ min: 1, max: 7 }),
    });
    fc.assert(
      fc.property(input, ({ schedule, startMs, lateMs, windowMs, policy, limit }) => {
        const cursorMs = schedule.next(startMs) ?? Number.NaN;
        const due = { cursorMs, nowMs: cursorMs + lateMs, windowMs, policy };
        const whole = collect(schedule, due, 10_000);
        expect(collect(schedule, due, limit)).toEqual(whole);
        expect(whole.map(({ nominalMs }) => nominalMs)).toEqual([...schedule.between(cursorMs, cursorMs + lateMs)]);
        const old = whole.filter(({ nominalMs }) => nominalMs < due.nowMs - windowMs);
        expect(old.filter(({ verdict }) => verdict === "run")).toEqual(policy === "all" ? old : policy === "latest" ? old.slice(-1) : []);
      }),
      { numRuns: 300 },
    );
  });
});

describe("enumerateDueRanges", () => {
  const yearOfSeconds = { cursorMs: 0, nowMs: 365 * 86_400_000, windowMs: 2000, limit: 100 };

  it("answers for a year of seconds at once", () => {
    const ask = () => enumerateDueRanges(parseSchedule({ every: "1s" }), { ...yearOfSeconds, policy: "latest" });
    // The best of three, as the machine may be busy; to make 31 million occurrences is slow every time.
    const tookMs = [1, 2, 3].map(() => {
      const started = performance.now();
      ask();
      return performance.now() - started;
    });
    expect(Math.min(...tookMs)).toBeLessThan(50);
    const page = ask();
    const lastMs = yearOfSeconds.nowMs - 4000;
    expect(page.skipped).toEqual({ fromMs: 0, toMs: lastMs, count: lastMs / 1000 + 1, isExact: true });
    expect(page.occurrences.map(({ nominalMs }) => nominalMs)).toEqual([3, 2, 1, 0].map((second) => yearOfSeconds.nowMs - second * 1000));
  });

  it("says when it stopped counting", () => {
    const page = enumerateDueRanges(parseSchedule({ cron: "* * * * * *" }), { ...yearOfSeconds, policy: "skip" });
    expect(page.skipped).toMatchObject({ count: 100_000, isExact: false });
  });

  it("passes the same verdicts as one row each", () => {
    const input = fc.record({
      schedule: fc.constantFrom(
        everyMinute,
        parseSchedule({ cron: "*/7 * * * *" }),
        parseSchedule({ every: "7m", endAt: "1970-01-02T00:00:00Z" }),
      ),
      cursorMs: fc.integer({ min: 0, max: 86_400_000 }),
      lateMs: fc.integer({ min: 0, max: 86_400_000 }),
      windowMs: fc.integer({ min: 0, max: 86_400_000 }),
      policy: fc.constantFrom<MisfirePolicy>("latest", "all", "skip"),
    });
    fc.assert(
      fc.property(input, ({ schedule, cursorMs, lateMs, windowMs, policy }) => {
        const due = { cursorMs, nowMs: cursorMs + lateMs, windowMs, policy, limit: 10_000 };
        const each = enumerateDue(schedule, due);
        const page = enumerateDueRanges(schedule, due);
        const skipped = each.occurrences.filter(({ verdict }) => verdict === "skip").map(({ nominalMs }) => nominalMs);
        expect(page.occurrences).toEqual(each.occurrences.filter(({ verdict }) => verdict === "run"));
        expect(page.nextMs).toBe(each.nextMs);
        expect(page.skipped).toEqual(
          skipped.length === 0 ? null : { fromMs: skipped[0], toMs: skipped.at(-1), count: skipped.length, isExact: true },
        );
      }),
      { numRuns: 200 },
    );
  });
});
