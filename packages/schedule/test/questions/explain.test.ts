import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSchedule, type ScheduleSpec } from "../../src/index.ts";
import { commonExpression } from "../support/expressions.ts";

const explain = (spec: ScheduleSpec, iso: string): { fires: boolean; localTime: string; failing: string[]; dst: string | undefined } => {
  const { fires, localTime, reasons } = parseSchedule(spec).explain(Date.parse(iso));
  return {
    fires,
    localTime,
    failing: reasons.filter(({ holds }) => !holds).map(({ part }) => part),
    dst: reasons.find(({ part }) => part === "dst")?.text,
  };
};

describe("explain", () => {
  it("names the parts that do not hold", () => {
    const spec = { cron: "30 9 * 3 MON-FRI", timezone: "Europe/Berlin" };
    expect(explain(spec, "2026-03-02T08:30:00Z")).toMatchObject({ fires: true, localTime: "2026-03-02T09:30:00+01:00", failing: [] });
    expect(explain(spec, "2026-03-07T08:31:00Z")).toMatchObject({ fires: false, failing: ["minutes", "day of week"] });
    expect(explain(spec, "2026-04-01T09:30:00.250Z")).toMatchObject({ fires: false, failing: ["hours", "months", "seconds"] });
    expect(explain({ ...spec, startAt: "2027-01-01T00:00:00Z" }, "2026-03-02T08:30:00Z")).toMatchObject({
      fires: false,
      failing: ["startAt"],
    });
  });

  it("takes two day fields of which either is enough as one", () => {
    const spec = { cron: "0 0 13 * FRI" };
    expect(explain(spec, "2026-01-13T00:00:00Z")).toMatchObject({ fires: true, failing: [] });
    expect(explain(spec, "2026-01-14T00:00:00Z")).toMatchObject({ fires: false, failing: ["day of month or day of week"] });
    expect(explain({ cron: "0 0 L,15W * +5L" }, "2026-01-30T00:00:00Z")).toMatchObject({ fires: false, failing: ["day of month"] });
  });

  it("says what a change of the clock has to do with it", () => {
    const spec = { cron: "30 2 * * *", timezone: "America/New_York" };
    expect(explain(spec, "2026-03-08T07:00:00Z").dst).toMatch(/jumped over.*"run_after"/);
    const overlap = explain({ ...spec, cron: "30 1 * * *" }, "2026-11-01T06:30:00Z");
    expect(overlap).toMatchObject({ fires: false, failing: ["dst"] });
    expect(overlap.dst).toMatch(/twice; this is the second time.*"first"/);
    expect(explain({ ...spec, cron: "30 1 * * *" }, "2026-11-01T05:30:00Z")).toMatchObject({ fires: true, failing: [] });
  });

  it("speaks of every and runAt", () => {
    expect(explain({ every: "15m" }, "2026-01-01T00:15:00Z")).toMatchObject({ fires: true, failing: [] });
    expect(explain({ every: "15m" }, "2026-01-01T00:16:00Z")).toMatchObject({ fires: false, failing: ["every"] });
    expect(explain({ runAt: "2026-01-01T00:16:00Z" }, "2026-01-01T00:16:01Z")).toMatchObject({ fires: false, failing: ["runAt"] });
  });

  it("always has a failing reason when it does not fire, and agrees with next", () => {
    const moment = fc.integer({ min: Date.UTC(2026, 9, 30) / 60_000, max: Date.UTC(2026, 10, 3) / 60_000 });
    fc.assert(
      fc.property(commonExpression, moment, fc.constantFrom("first", "second", "both"), (expression, minute, overlap) => {
        const schedule = parseSchedule({
          cron: expression.text.replace(/ \d[^ ]* [^ ]+ [^ ]+$/, " * * *"),
          timezone: "America/New_York",
          dst: { overlap },
        });
        const { fires, reasons } = schedule.explain(minute * 60_000);
        expect(fires).toBe(schedule.matches(minute * 60_000));
        expect(reasons.every(({ holds }) => holds)).toBe(fires);
      }),
      { numRuns: 1000 },
    );
  });
});
