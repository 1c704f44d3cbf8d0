import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Exclusion, parseSchedule } from "../../src/index.ts";
import { refusal } from "../support/refusal.ts";

const ms = (iso: string): number => Date.parse(iso);
const hourly = { cron: "0 * * * *" };

/** The hours of a stretch in which an hourly schedule still fires, as `DD HH`. */
function left(exclude: Exclusion[], from: string, to: string): string[] {
  return [...parseSchedule({ ...hourly, exclude }).between(ms(from), ms(to))].map((at) =>
    new Date(at).toISOString().slice(8, 13).replace("T", " "),
  );
}

describe("exclusions", () => {
  it.each<[Exclusion, string, string, string[]]>([
    [{ date: "2026-12-25" }, "2026-12-24T23:00:00Z", "2026-12-26T00:00:00Z", ["24 23", "26 00"]],
    [{ date: "12-25" }, "2031-12-24T23:00:00Z", "2031-12-26T00:00:00Z", ["24 23", "26 00"]],
    [{ date: "02-29" }, "2028-02-28T23:00:00Z", "2028-03-01T00:00:00Z", ["28 23", "01 00"]],
    [{ from: "2026-12-24", to: "2027-01-02" }, "2026-12-23T23:00:00Z", "2027-01-03T00:00:00Z", ["23 23", "03 00"]],
    [{ weekly: "SAT,SUN" }, "2026-01-02T23:00:00Z", "2026-01-05T00:00:00Z", ["02 23", "05 00"]],
    [{ weekly: "FRI", between: "22:00-06:00" }, "2026-01-02T21:00:00Z", "2026-01-03T07:00:00Z", ["02 21", "03 06", "03 07"]],
    [{ weekly: "FRI", between: "09:00-24:00" }, "2026-01-02T08:00:00Z", "2026-01-03T00:00:00Z", ["02 08", "03 00"]],
    [{ cron: "* 1-22 * * *" }, "2026-01-02T00:00:00Z", "2026-01-02T23:00:00Z", ["02 00", "02 23"]],
  ])("%j", (exclusion, from, to, expected) => expect(left([exclusion], from, to)).toEqual(expected));

  it("covers whole minutes with a cron expression of five fields", () => {
    const schedule = parseSchedule({ cron: "*/20 * * * * *", exclude: [{ cron: "30 * * * *" }] });
    expect(schedule.next(ms("2026-01-01T00:29:40Z"))).toBe(ms("2026-01-01T00:31:00Z"));
    expect(schedule.previous(ms("2026-01-01T00:31:00Z"))).toBe(ms("2026-01-01T00:29:40Z"));
  });

  it("are meant on the clocks of the schedule's zone", () => {
    const schedule = parseSchedule({ ...hourly, timezone: "Asia/Tokyo", exclude: [{ date: "2026-01-01" }] });
    expect(schedule.next(ms("2025-12-31T14:30:00Z"))).toBe(ms("2026-01-01T15:00:00Z"));
  });

  it("leap over a year of seconds without walking through it", () => {
    const schedule = parseSchedule({ cron: "* * * * * *", exclude: [{ from: "2026-01-01", to: "2026-12-31" }] });
    expect(schedule.next(ms("2025-12-31T23:59:59Z"))).toBe(ms("2027-01-01T00:00:00Z"));
    expect(schedule.previous(ms("2027-01-01T00:00:00Z"))).toBe(ms("2025-12-31T23:59:59Z"));
  });

  it.each<[Exclusion]>([[{ cron: "* * * * * * 2026-2029" }], [{ cron: "0 * * * * * 2026-2029" }]])(
    "leap over years of minutes with %j",
    (exclusion) => {
      const schedule = parseSchedule({ cron: "* * * * *", exclude: [exclusion] });
      expect(schedule.next(ms("2025-12-31T23:59:00Z"))).toBe(ms("2030-01-01T00:00:00Z"));
      expect(schedule.previous(ms("2030-01-01T00:00:00Z"))).toBe(ms("2025-12-31T23:59:00Z"));
    },
  );

  it.each([
    [{}],
    [{ dat: "12-25" }],
    [{ weekly: "SAT", betwen: "22:00-06:00" }],
    [{ from: "2026-01-01" }],
    [{ date: 12 }],
    [{ schedule: "0 9 * * *" }],
  ])("refuse %j instead of guessing", (exclusion) => {
    const error = refusal(() => parseSchedule({ ...hourly, exclude: [{ date: "12-24" }, exclusion as unknown as Exclusion] }));
    expect([error.field, error.found]).toEqual(["exclude[1]", JSON.stringify(exclusion)]);
  });

  it("may leave nothing", () => {
    const schedule = parseSchedule({ ...hourly, exclude: [{ weekly: "*" }] });
    expect(schedule.next(0)).toBeNull();
    expect(schedule.previous(0)).toBeNull();
  });

  it("are named as the reason", () => {
    const { fires, reasons } = parseSchedule({ ...hourly, exclude: [{ date: "12-25" }] }).explain(ms("2026-12-25T10:00:00Z"));
    expect(fires).toBe(false);
    expect(reasons.filter(({ holds }) => !holds)).toEqual([
      { part: "exclude", holds: false, text: "Local time from 2026-12-25T00:00:00 to 2026-12-26T00:00:00 is excluded by exclude[0]." },
    ]);
  });

  it("remove exactly the occurrences they cover, around changes of the clock too", () => {
    const exclusion = fc.constantFrom<Exclusion>(
      { weekly: "SUN", between: "01:30-03:15" },
      { weekly: "SAT", between: "22:00-02:30" },
      { date: "2026-11-01" },
      { cron: "* 1 * * *" },
    );
    const instant = fc.constantFrom(ms("2026-03-08T06:00:00Z"), ms("2026-11-01T06:00:00Z"), ms("2026-06-07T06:00:00Z"));
    fc.assert(
      fc.property(
        fc.array(exclusion, { minLength: 1, maxLength: 3 }),
        instant,
        fc.constantFrom("*/15 * * * *", "*/10 1-4 * * *"),
        (exclude, around, cron) => {
          const spec = { cron, timezone: "America/New_York", dst: { gap: "shift", overlap: "both" } } as const;
          const [from, to] = [around - 86_400_000, around + 86_400_000];
          const excluding = parseSchedule({ ...spec, exclude });
          const expected = [...parseSchedule(spec).between(from, to)].filter((at) =>
            excluding.explain(at).reasons.every(({ part }) => part !== "exclude"),
          );
          expect([...excluding.between(from, to)]).toEqual(expected);
          const backwards: number[] = [];
          for (let at = excluding.previous(to + 1); at !== null && at >= from; at = excluding.previous(at)) backwards.unshift(at);
          expect(backwards).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });
});
