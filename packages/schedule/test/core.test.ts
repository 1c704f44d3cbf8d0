import { expect, it } from "vitest";
import { type CoreScheduleSpec, parseSchedule } from "../src/core.ts";
import { parseSchedule as parseWhole } from "../src/index.ts";
import { refusal } from "./support/refusal.ts";

const fromMs = Date.parse("2026-03-28T00:00:00Z");

it.each<[CoreScheduleSpec]>([
  [{ cron: "30 2 * * *", timezone: "Europe/Berlin", dst: { gap: "shift" } }],
  [{ every: "1 day", timezone: "America/New_York", endAt: "2026-04-02T00:00:00Z" }],
  [{ runAt: "2026-04-01T09:00", timezone: "Asia/Tokyo" }],
  [{ anyOf: [{ cron: "0 9 * * *" }, { every: "5h" }] }],
])("the small entry reads %j as the whole package does", (spec) => {
  const [small, whole] = [parseSchedule(spec), parseWhole(spec)];
  const toMs = fromMs + 10 * 86_400_000;
  expect([...small.between(fromMs, toMs)]).toEqual([...whole.between(fromMs, toMs)]);
  expect(small.describe()).toBe(whole.describe());
  expect(small.explain(fromMs)).toEqual(whole.explain(fromMs));
});

it.each([
  ["rrule", { rrule: "FREQ=DAILY" }],
  ["exclude", { cron: "* * * * *", exclude: [] }],
  ["roll", { cron: "* * * * *", roll: "following" }],
  ["businessDays", { cron: "* * * * *", businessDays: [1] }],
  ["anyOf[0].exclude", { anyOf: [{ cron: "* * * * *", exclude: [{ date: "12-25" }] }] }],
])("the small entry refuses %s instead of passing it over", (field, spec) => {
  const error = refusal(() => parseSchedule(spec as CoreScheduleSpec));
  expect(error.field).toBe(field);
  expect(error.remedy).toContain("@punctual/schedule");
});
