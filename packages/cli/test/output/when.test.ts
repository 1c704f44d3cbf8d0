import { expect, test } from "vitest";
import { safeText } from "../../src/output/safe.ts";
import { lengthText, whenText } from "../../src/output/when.ts";

const now = Date.parse("2027-03-01T09:00:00Z");

test.each([
  ["2027-03-01T09:04:12.000Z", "2027-03-01 09:04:12Z (in 4m 12s)"],
  ["2027-03-01T09:05:00.000Z", "2027-03-01 09:05:00Z (in 5m)"],
  ["2027-03-01T09:04:59.999Z", "2027-03-01 09:04:59.999Z (in 4m 59s)"],
  ["2027-03-01T09:00:00.500Z", "2027-03-01 09:00:00.500Z (now)"],
  ["2027-02-28T08:59:59.000Z", "2027-02-28 08:59:59Z (1d ago)"],
  ["2027-03-03T11:30:00.000Z", "2027-03-03 11:30:00Z (in 2d 2h)"],
])("%s reads %s", (iso, text) => {
  expect(whenText(iso, now)).toBe(text);
});

test.each([
  [0, "0ms"],
  [999, "999ms"],
  [1_250, "1.3s"],
  [725_000, "12m 5s"],
])("%i ms reads %s", (ms, text) => {
  expect(lengthText(ms)).toBe(text);
});

test("what a target answered cannot steer the terminal", () => {
  expect(safeText("red\u001b[31m\ttab\nline\u009b")).toBe("red\\u001b[31m\ttab\nline\\u009b");
});
