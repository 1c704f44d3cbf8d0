import { describe, expect, it } from "vitest";
import { parseSchedule } from "../../src/index.ts";

/** The days of a stretch of 2026 (or another year) an expression fires on, as `MM-DD`. */
function days(cron: string, from = "2026-01-01", to = "2026-03-31"): string {
  const found = parseSchedule({ cron }).between(Date.parse(from), Date.parse(`${to}T23:59:59Z`));
  return [...found].map((ms) => new Date(ms).toISOString().slice(5, 10)).join(" ");
}

describe("day of month", () => {
  it.each([
    ["0 0 L * *", "01-31 02-28 03-31"],
    ["0 0 L-3 * *", "01-28 02-25 03-28"],
    ["0 0 L-30 * *", "01-01 03-01"],
    ["0 0 LW * *", "01-30 02-27 03-31"],
    ["0 0 L-2W * *", "01-29 02-26 03-30"],
    ["0 0 L-1W * *", "01-30 02-27 03-30"],
    ["0 0 15W * *", "01-15 02-16 03-16"],
    ["0 0 1W * *", "01-01 02-02 03-02"],
    ["0 0 31W * *", "01-30 03-31"],
    ["0 0 1,L * *", "01-01 01-31 02-01 02-28 03-01 03-31"],
    ["0 0 28-3/2 2 *", "02-01 02-03 02-28"],
    ["0 0 ? 2 1", "02-02 02-09 02-16 02-23"],
  ])("%s", (cron, expected) => expect(days(cron)).toBe(expected));

  it("stays in the month when the nearest weekday would leave it", () => {
    expect(days("0 0 1W * *", "2026-08-01", "2026-08-31")).toBe("08-03"); // the 1st is a Saturday
    expect(days("0 0 31W * *", "2026-05-01", "2026-05-31")).toBe("05-29"); // the 31st is a Sunday
  });
});

describe("day of week", () => {
  it.each([
    ["0 0 * * 5L", "01-30 02-27 03-27"],
    ["0 0 * * FRIL", "01-30 02-27 03-27"],
    ["0 0 * * 5#L", "01-30 02-27 03-27"],
    ["0 0 * * MON#1", "01-05 02-02 03-02"],
    ["0 0 * * 0#5", "03-29"],
    ["0 0 * * 7#5", "03-29"],
    ["0 0 * 1 SAT-SUN#1", "01-03 01-04"],
    ["0 0 * 1 1#1,5L", "01-05 01-30"],
    ["0 0 * 2 FRI-MON/2", "02-01 02-06 02-08 02-13 02-15 02-20 02-22 02-27"],
    ["0 0 * 2 7-1", "02-01 02-02 02-08 02-09 02-15 02-16 02-22 02-23"],
  ])("%s", (cron, expected) => expect(days(cron)).toBe(expected));
});

describe("both day fields", () => {
  it("need one of the two, both with a plus, and only the other one where one is open", () => {
    expect(days("0 0 13 * FRI", "2026-02-01", "2026-02-28")).toBe("02-06 02-13 02-20 02-27");
    expect(days("0 0 1 * FRI", "2026-02-01", "2026-02-28")).toBe("02-01 02-06 02-13 02-20 02-27");
    expect(days("0 0 13 * +FRI", "2026-01-01", "2026-12-31")).toBe("02-13 03-13 11-13");
    expect(days("0 0 */1 * FRI", "2026-02-01", "2026-02-28")).toBe("02-06 02-13 02-20 02-27");
  });
});

it("goes on for as long as years have four digits", () => {
  const leapDays = parseSchedule({ cron: "0 0 29 2 *" });
  expect(leapDays.next(Date.UTC(2096, 2, 1))).toBe(Date.UTC(2104, 1, 29));
  expect(leapDays.next(Date.UTC(9996, 0, 1))).toBe(Date.UTC(9996, 1, 29));
  expect(leapDays.next(Date.UTC(9996, 2, 1))).toBeNull();
  expect(leapDays.previous(Date.UTC(1904, 1, 29))).toBe(Date.UTC(1896, 1, 29));
});
