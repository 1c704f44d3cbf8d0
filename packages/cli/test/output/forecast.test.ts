import { expect, test } from "vitest";
import { forecastText } from "../../src/output/forecast.ts";

const base = { from: "2027-03-01T09:00:00.000Z", to: "", bucketSeconds: 60, jobs: 3, isComplete: true };

test("a forecast is a bar a bucket, as long as its share of the fullest", () => {
  const busiest = { at: "2027-03-01T09:02:00.000Z", count: 8 };
  expect(forecastText({ ...base, counts: [2, 0, 8], total: 10, busiest })).toBe(
    [
      `2027-03-01 09:00Z  ${"█".repeat(10)}${" ".repeat(30)}        2`,
      `2027-03-01 09:01Z  ${" ".repeat(40)}        0`,
      `2027-03-01 09:02Z  ${"█".repeat(40)}        8`,
      "10 occurrences of 3 active jobs, 8 in the busiest 1m, at 2027-03-01 09:02Z.",
      "",
    ].join("\n"),
  );
});

test("many buckets share a line, which tells the fullest of them", () => {
  const counts = Array.from({ length: 1440 }, (_, minute) => (minute === 50 ? 7 : 1));
  const lines = forecastText({ ...base, counts, total: 1446, busiest: null, isComplete: false }).split("\n");
  expect(lines).toHaveLength(35);
  expect(lines[1]).toMatch(/^2027-03-01 09:45Z {2}█{40} {7}51 {2}7 in 1m$/);
  expect(lines.at(-2)).toContain("more to count");
});

test("nothing at all has no bar", () => {
  expect(forecastText({ ...base, counts: [0], total: 0, busiest: null, jobs: 0 })).toContain("0 occurrences of 0 active jobs.\n");
});
