import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSchedule, type RollRule, type ScheduleSpec } from "../../src/index.ts";
import { refusal } from "../support/refusal.ts";

const ms = (iso: string): number => Date.parse(iso);
const weekend = { weekly: "SAT,SUN" };

/** The occurrences of a stretch in UTC, as `MM-DD HH`. */
function listed(spec: ScheduleSpec, from = "2026-01-01", to = "2026-12-31"): string[] {
  return [...parseSchedule(spec).between(ms(from), ms(`${to}T23:59:59Z`))].map((at) =>
    new Date(at).toISOString().slice(5, 13).replace("T", " "),
  );
}

describe("roll", () => {
  // In 2026 the 31st of January and of May are weekend days, as is the 28th of February.
  const monthEnd: ScheduleSpec = { cron: "0 9 L * *", exclude: [weekend] };

  it.each<[RollRule, string]>([
    ["following", "02-02 09, 03-02 09, 03-31 09, 04-30 09, 06-01 09, 06-30 09"],
    ["preceding", "01-30 09, 02-27 09, 03-31 09, 04-30 09, 05-29 09, 06-30 09"],
    ["modified_following", "01-30 09, 02-27 09, 03-31 09, 04-30 09, 05-29 09, 06-30 09"],
  ])("%s moves what falls on a weekend", (roll, expected) =>
    expect(listed({ ...monthEnd, roll }, "2026-01-01", "2026-06-30").join(", ")).toBe(expected),
  );

  it("modified_following goes forward within the month", () => {
    expect(listed({ cron: "0 9 3 1 *", exclude: [weekend], roll: "modified_following" }, "2026-01-01", "2026-02-28")).toEqual(["01-05 09"]);
  });

  it("passes over holidays behind a weekend", () => {
    const spec: ScheduleSpec = { cron: "0 9 3 4 *", exclude: [weekend, { date: "2026-04-03" }, { date: "2026-04-06" }] };
    expect(listed({ ...spec, roll: "following" })).toEqual(["04-07 09"]);
    expect(listed({ ...spec, roll: "preceding" })).toEqual(["04-02 09"]);
  });

  it("makes one of two occurrences that meet, and keeps the order of those that do not", () => {
    const spec: ScheduleSpec = { cron: "0 9 * * *", exclude: [weekend], roll: "following" };
    expect(listed(spec, "2026-01-02", "2026-01-06")).toEqual(["01-02 09", "01-05 09", "01-06 09"]);
    expect(listed({ ...spec, cron: "0 8,20 3,4 1 *" }, "2026-01-01", "2026-01-07")).toEqual(["01-05 08", "01-05 20"]);
  });

  it("leaves out what would be moved into an excluded time of day", () => {
    expect(
      listed(
        { cron: "0 8,20 3 1 *", exclude: [weekend, { weekly: "*", between: "18:00-24:00" }], roll: "following" },
        "2026-01-01",
        "2026-01-31",
      ),
    ).toEqual(["01-05 08"]);
  });

  it("keeps the local time, also over a change of the clock", () => {
    const schedule = parseSchedule({ cron: "0 9 28 3 *", timezone: "Europe/Berlin", exclude: [weekend], roll: "following" });
    expect(schedule.next(ms("2026-01-01T00:00:00Z"))).toBe(ms("2026-03-30T07:00:00Z"));
    expect(schedule.explain(ms("2026-03-30T07:00:00Z"))).toMatchObject({ fires: true });
    expect(schedule.explain(ms("2026-03-28T08:00:00Z"))).toMatchObject({ fires: false });
  });

  it("ends when there is no business day at all", () => {
    expect(parseSchedule({ cron: "0 9 * * *", exclude: [{ weekly: "*" }], roll: "following" }).next(0)).toBeNull();
  });

  it("loses nothing and invents nothing, forwards and backwards", () => {
    const spec = fc.record({
      cron: fc.constantFrom("0 9 * * *", "30 2,22 * * SAT", "0 12 L * *", "0 0 1,15 * *", "15 1 29 2 *"),
      timezone: fc.constantFrom("UTC", "America/New_York", "Pacific/Apia"),
      roll: fc.constantFrom<RollRule>("following", "preceding", "modified_following"),
      exclude: fc.subarray([weekend, { weekly: "MON" }, { date: "12-25" }, { from: "2026-04-01", to: "2026-04-10" }], { minLength: 1 }),
    });
    fc.assert(
      fc.property(spec, fc.integer({ min: ms("2025-06-01"), max: ms("2027-06-01") }), (spec, from) => {
        const schedule = parseSchedule(spec);
        const to = from + 60 * 86_400_000;
        const found = [...schedule.between(from, to)];
        const unmoved = { cron: spec.cron, timezone: spec.timezone, exclude: spec.exclude };
        const kept = [...parseSchedule(unmoved).between(from, to)];
        expect(kept.filter((at) => !found.includes(at))).toEqual([]);
        expect([...found].sort((a, b) => a - b)).toEqual(found);
        const backwards: number[] = [];
        for (let at = schedule.previous(to + 1); at !== null && at >= from; at = schedule.previous(at)) backwards.unshift(at);
        expect(backwards).toEqual(found);
        const plain = parseSchedule({ cron: spec.cron, timezone: spec.timezone });
        const moved = found.filter((at) => !plain.matches(at));
        expect(moved.length).toBeLessThanOrEqual(plain.count(from - 40 * 86_400_000, to + 40 * 86_400_000, 1000) - kept.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe("businessDays", () => {
  const spec: ScheduleSpec = { cron: "0 9 * * *", exclude: [weekend, { date: "01-01" }] };

  it("counts from either end of the month", () => {
    expect(listed({ ...spec, businessDays: [1] }, "2026-01-01", "2026-03-31")).toEqual(["01-02 09", "02-02 09", "03-02 09"]);
    expect(listed({ ...spec, businessDays: [-1, 3] }, "2026-01-01", "2026-02-28")).toEqual([
      "01-06 09",
      "01-30 09",
      "02-04 09",
      "02-27 09",
    ]);
  });

  it.each([[[]], [[0]], [[1.5]], [[32]]])("refuses %j", (businessDays) => {
    expect(refusal(() => parseSchedule({ ...spec, businessDays })).field).toBe("businessDays");
  });

  it("is not moved", () =>
    expect(refusal(() => parseSchedule({ ...spec, businessDays: [1], roll: "following" })).remedy).toMatch(/no moving/));
});
