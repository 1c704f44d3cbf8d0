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
  ])("has nothing to say about %j", (spec) => expect(rules(spec)).toEqual([]));

  it("refuses what is no schedule", () => {
    expect(refusal(() => lintSchedule({ every: "0s" })).code).toBe("duration_invalid");
    expect(refusal(() => lintSchedule({ cron: "0 9 * * *", startAt: "tomorrow" })).code).toBe("instant_invalid");
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
