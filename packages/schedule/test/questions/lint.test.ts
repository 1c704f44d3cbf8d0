import { describe, expect, it } from "vitest";
import { lintSchedule, type ScheduleSpec } from "../../src/index.ts";
import { refusal } from "../support/refusal.ts";

const rules = (spec: ScheduleSpec): string[] => lintSchedule(spec, { hashSeed: "job" }).map(({ rule }) => rule);

describe("lint", () => {
  it.each<[string, ScheduleSpec]>([
    ["day-or-weekday", { cron: "30 4 13 * FRI" }],
    ["uneven-step", { cron: "*/7 * * * *" }],
    ["uneven-step", { cron: "*/45 * * * * *" }],
    ["uneven-step", { cron: "5 */5 * * *" }],
    ["step-beyond-field", { cron: "*/90 * * * *" }],
    ["step-beyond-field", { cron: "5 4 */31 * *" }],
    ["every-minute-of-an-hour", { cron: "* 9 * * *" }],
    ["midnight-herd", { cron: "@daily" }],
    ["missing-days", { cron: "5 4 31 * *" }],
    ["missing-days", { cron: "5 4 29,30 * *" }],
    ["quartz-weekdays", { cron: "0 5 12 ? * 2-6" }],
    ["clock-change", { cron: "30 2 * * *", timezone: "America/New_York" }],
    ["clock-change", { cron: "30 1 * * 1", timezone: "America/New_York" }],
    ["clock-change", { cron: "0 0 * * *", timezone: "America/Santiago" }],
    ["idle-exclusion", { cron: "30 9 * * *", exclude: [{ schedule: { cron: "0 9 25 12 *" } }] }],
    ["idle-exclusion", { every: "1h", anchor: "2026-01-01T00:00:00.001Z", exclude: [{ schedule: { cron: "0 9 * * *" } }] }],
    ["day-or-weekday", { anyOf: [{ cron: "30 4 13 * FRI" }] }],
    ["fixed-abbreviation", { cron: "5 12 * * *", timezone: "EST" }],
  ])("finds %s in %j", (rule, spec) => expect(rules(spec)).toContain(rule));

  it.each<[ScheduleSpec]>([
    [{ cron: "*/5 * * * *" }],
    [{ cron: "15 9 * * MON-FRI", timezone: "Europe/Berlin" }],
    [{ cron: "H H * * *", timezone: "Europe/Berlin", dst: { gap: "skip" } }],
    [{ cron: "5 4 13 * +FRI" }],
    [{ cron: "5 4 L * *" }],
    [{ cron: "5 4 28,31,L * *" }],
    [{ cron: "5 12 ? * MON" }],
    [{ cron: "0 5 12 ? * 2", dialect: "quartz" }],
    [{ cron: "* 9-17 * * *" }],
    [{ cron: "30 2 * * *", timezone: "Asia/Kolkata" }],
    [{ cron: "30 * * * *", timezone: "America/New_York" }],
    [{ every: "7m" }],
    [{ cron: "* * * * *", exclude: [{ schedule: { cron: "0 0 28 2 +MON" } }, { date: "12-25" }] }],
    [{ cron: "15 12 L * *", exclude: [{ schedule: { rrule: "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31;BYHOUR=12;BYMINUTE=15" } }] }],
    [{ runAt: "2026-01-01T09:00:00Z", exclude: [{ schedule: { cron: "0 9 * * *" } }] }],
  ])("has nothing to say about %j", (spec) => expect(rules(spec)).toEqual([]));

  it("refuses what is no schedule", () => {
    expect(refusal(() => lintSchedule({ every: "0s" })).code).toBe("duration_invalid");
    expect(refusal(() => lintSchedule({ cron: "0 9 * * *", startAt: "tomorrow" })).code).toBe("instant_invalid");
  });

  it("names the place of a finding in a schedule inside the schedule", () => {
    const spec = {
      cron: "0 2 * * *",
      timezone: "America/New_York",
      dst: { gap: "skip" },
      exclude: [{ schedule: { cron: "0 2 13 * FRI" } }],
    } as const;
    expect(lintSchedule({ ...spec, exclude: [...spec.exclude] }).map(({ rule, field }) => [rule, field])).toEqual([
      ["day-or-weekday", "exclude[0].schedule.cron"],
      ["clock-change", "exclude[0].schedule.timezone"],
    ]);
  });

  it("says what to do", () => {
    expect(lintSchedule({ cron: "*/7 * * * *" })).toEqual([
      {
        rule: "uneven-step",
        field: "cron",
        message: "60 is no multiple of 7, so the last stretch of every hour is shorter than the others.",
        suggestion: 'Use "every": "7m" for an even pace, or a step that divides 60.',
      },
    ]);
  });
});
