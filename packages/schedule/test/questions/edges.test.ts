import { expect, it } from "vitest";
import { parseSchedule, tzVersion } from "../../src/index.ts";

const schedule = parseSchedule({ cron: "30 9 * * *", timezone: "Europe/Berlin" });
const nine = new Date("2026-03-28T08:30:00Z");
const next = new Date("2026-03-29T07:30:00Z");

it("takes a Date wherever it takes an instant", () => {
  expect(schedule.next(nine)).toBe(next.getTime());
  expect(schedule.previous(next)).toBe(nine.getTime());
  expect(schedule.matches(nine)).toBe(true);
  expect([...schedule.between(nine, next)]).toEqual([nine.getTime(), next.getTime()]);
  expect(schedule.count(nine, next, 10)).toBe(2);
  expect(schedule.explain(next).fires).toBe(true);
});

it("shows an instant on the clocks of its zone", () => {
  expect(schedule.localTime(nine)).toBe("2026-03-28T09:30:00+01:00");
  expect(schedule.localTime(next.getTime() + 5)).toBe("2026-03-29T09:30:00.005+02:00");
});

it("names the rules of time it goes by, always the same way", () => {
  const before = tzVersion();
  parseSchedule({ cron: "0 0 1 1 *", timezone: "Africa/Casablanca" }).next(Date.UTC(2080, 0, 1));
  expect(tzVersion()).toBe(before);
  expect(before).toMatch(/^[0-9a-f]{8}$/);
});
