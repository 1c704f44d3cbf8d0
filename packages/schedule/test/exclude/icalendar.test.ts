import { expect, it } from "vitest";
import { parseSchedule, readHolidays } from "../../src/index.ts";
import { refusal } from "../support/refusal.ts";

/** A calendar of events, each given by its lines. */
const calendar = (...events: string[][]): string =>
  ["BEGIN:VCALENDAR", "VERSION:2.0", ...events.flatMap((lines) => ["BEGIN:VEVENT", ...lines, "END:VEVENT"]), "END:VCALENDAR", ""].join(
    "\r\n",
  );

it("reads days, stretches of days and days of every year", () => {
  const text = calendar(
    ["SUMMARY:Good Friday", "DTSTART;VALUE=DATE:20260403", "DTEND;VALUE=DATE:20260404"],
    ["SUMMARY:Without an end", "DTSTART;VALUE=DATE:20260406"],
    ["SUMMARY:Company holidays", "DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20270103"],
    ["SUMMARY:New Year", "DTSTART;VALUE=DATE:20200101", "RRULE:FREQ=YEARLY"],
  );
  const { exclusions, unread } = readHolidays(text);
  expect(unread).toEqual([]);
  expect(exclusions).toEqual([{ date: "2026-04-03" }, { date: "2026-04-06" }, { from: "2026-12-24", to: "2027-01-02" }, { date: "01-01" }]);
  expect(parseSchedule({ cron: "0 9 * * *", exclude: exclusions }).count(Date.parse("2026-12-20"), Date.parse("2027-01-04"), 100)).toBe(5);
});

it("joins folded lines", () => {
  expect(readHolidays(calendar(["SUMMARY:A long", " name", "DTSTART;VALUE=DA", " TE:20260403"])).exclusions).toEqual([
    { date: "2026-04-03" },
  ]);
});

it("reports what is no holiday", () => {
  const text = calendar(
    ["SUMMARY:Meeting", "DTSTART:20260403T090000Z", "DTEND:20260403T100000Z"],
    ["SUMMARY:Thanksgiving", "DTSTART;VALUE=DATE:20261126", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"],
    ["SUMMARY:No such day", "DTSTART;VALUE=DATE:20260230"],
  );
  const { exclusions, unread } = readHolidays(text);
  expect(exclusions).toEqual([]);
  expect(unread.map(({ summary }) => summary)).toEqual(["Meeting", "Thanksgiving", "No such day"]);
  expect(unread[1]?.reason).toMatch(/once a year/);
});

it("refuses what is no calendar", () => expect(refusal(() => readHolidays("hello")).expected).toBe("BEGIN:VCALENDAR"));

it("is an exclusion by itself, of days that business days go by", () => {
  const ics = calendar(
    ["SUMMARY:Good Friday", "DTSTART;VALUE=DATE:20260403"],
    ["SUMMARY:New Year", "DTSTART;VALUE=DATE:20200101", "RRULE:FREQ=YEARLY"],
  );
  const schedule = parseSchedule({ cron: "0 9 3 4 *", exclude: [{ ics }, { weekly: "SAT,SUN" }], roll: "following" });
  expect(new Date(schedule.next(Date.parse("2026-01-01")) ?? 0).toISOString()).toBe("2026-04-06T09:00:00.000Z");
});

it("refuses an exclusion with an event that is no holiday, and one that is too long", () => {
  const ics = calendar(["SUMMARY:Meeting", "DTSTART:20260403T090000Z"]);
  expect(refusal(() => parseSchedule({ cron: "0 9 * * *", exclude: [{ ics }] }))).toMatchObject({ field: "exclude[0]", found: "Meeting" });
  const long = calendar(["SUMMARY:x", `DESCRIPTION:${"x".repeat(262_144)}`, "DTSTART;VALUE=DATE:20260403"]);
  expect(refusal(() => parseSchedule({ cron: "0 9 * * *", exclude: [{ ics: long }] })).expected).toBe("at most 262144");
});
