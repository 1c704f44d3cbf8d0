import { describe, expect, it } from "vitest";
import { parseSchedule } from "../../src/index.ts";
import { occurrences } from "../support/local.ts";
import { refusal } from "../support/refusal.ts";

const ms = (iso: string): number => Date.parse(iso);

describe("startAt and endAt", () => {
  const schedule = parseSchedule({ every: "1h", startAt: "2026-01-01T10:00:00Z", endAt: "2026-01-01T12:00:00Z" });

  it("are included", () => {
    expect(schedule.next(0)).toBe(ms("2026-01-01T10:00:00Z"));
    expect(schedule.next(ms("2026-01-01T11:00:00Z"))).toBe(ms("2026-01-01T12:00:00Z"));
    expect(schedule.next(ms("2026-01-01T12:00:00Z"))).toBeNull();
    expect(schedule.previous(ms("2030-01-01T00:00:00Z"))).toBe(ms("2026-01-01T12:00:00Z"));
    expect(schedule.previous(ms("2026-01-01T10:00:00Z"))).toBeNull();
  });

  it("bound what matches and what is counted", () => {
    expect(schedule.matches(ms("2026-01-01T09:00:00Z"))).toBe(false);
    expect(schedule.matches(ms("2026-01-01T12:00:00Z"))).toBe(true);
    expect(schedule.count(0, ms("2030-01-01T00:00:00Z"), 1000)).toBe(3);
    expect(schedule.count(0, ms("2030-01-01T00:00:00Z"), 2)).toBe(2);
  });
});

describe("once", () => {
  it("fires once", () => {
    const once = parseSchedule({ runAt: "2026-03-01T09:00:00+01:00" });
    expect(once.next(0)).toBe(ms("2026-03-01T08:00:00Z"));
    expect(once.next(ms("2026-03-01T08:00:00Z"))).toBeNull();
    expect(once.previous(ms("2026-03-01T08:00:00Z"))).toBeNull();
    expect(once.previous(ms("2027-03-01T08:00:00Z"))).toBe(ms("2026-03-01T08:00:00Z"));
  });

  it("takes a local time where the zone is named, and only there", () => {
    expect(occurrences({ runAt: "2026-07-01T09:00", timezone: "Europe/Berlin" }, "2026-01-01T00:00:00Z", 1)).toEqual([
      "2026-07-01T09:00+02:00",
    ]);
    expect(occurrences({ runAt: "2026-07-01T09:00:00Z", timezone: "Europe/Berlin" }, "2026-01-01T00:00:00Z", 1)).toEqual([
      "2026-07-01T11:00+02:00",
    ]);
    expect(refusal(() => parseSchedule({ runAt: "2026-07-01T09:00:00" })).code).toBe("instant_invalid");
  });

  it.each([
    ["2026-03-29T02:30:00", "2026-03-29T03:00:00+02:00 or 2026-03-29T03:30:00+02:00"],
    ["2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00"],
  ])("offers both instants where %s is none or two", (runAt, candidates) => {
    expect(refusal(() => parseSchedule({ runAt, timezone: "Europe/Berlin" })).remedy).toContain(candidates);
  });
});

describe("anyOf", () => {
  const union = parseSchedule({
    anyOf: [{ cron: "0 9 * * *", timezone: "Europe/Berlin" }, { cron: "0 8 * * *" }, { runAt: "2026-01-02T00:00:00Z" }],
    endAt: "2026-01-04T00:00:00Z",
  });

  it("fires with every member, and once where two meet", () => {
    const found = [...union.between(ms("2026-01-01T00:00:00Z"), ms("2026-12-31T00:00:00Z"))].map((at) =>
      new Date(at).toISOString().slice(0, 16),
    );
    expect(found).toEqual(["2026-01-01T08:00", "2026-01-02T00:00", "2026-01-02T08:00", "2026-01-03T08:00"]);
    expect(union.previous(ms("2026-01-02T08:00:00Z"))).toBe(ms("2026-01-02T00:00:00Z"));
    expect(union.kind).toBe("union");
  });

  it("says which members fire", () => {
    expect(union.explain(ms("2026-01-02T08:00:00Z")).reasons.filter(({ part }) => part === "anyOf")).toHaveLength(2);
    expect(union.explain(ms("2026-01-02T08:01:00Z"))).toMatchObject({
      fires: false,
      reasons: [
        { part: "anyOf", holds: false },
        { part: "endAt", holds: true },
      ],
    });
  });
});
