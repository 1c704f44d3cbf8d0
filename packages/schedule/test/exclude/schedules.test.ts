import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ExcludedSchedule, parseSchedule, type Schedule, type ScheduleError, type ScheduleSpec } from "../../src/index.ts";
import { anyExpression } from "../support/expressions.ts";
import { occurrences } from "../support/local.ts";
import { bruteForce, readStretch } from "../support/platform-clock.ts";
import { refusal } from "../support/refusal.ts";

const ms = (iso: string): number => Date.parse(iso);
const without = (schedule: ExcludedSchedule, spec: ScheduleSpec = { cron: "0 9 * * *" }): Schedule =>
  parseSchedule({ ...spec, exclude: [{ schedule }] });
const daysIn = (schedule: Schedule, month: string): string[] =>
  [...schedule.between(ms(`${month}-01T00:00:00Z`), ms(`${month}-15T00:00:00Z`))].map((at) => new Date(at).toISOString().slice(8, 10));

describe("an excluded schedule", () => {
  it.each<[ExcludedSchedule, string[]]>([
    [{ cron: "0 9 * * MON-FRI" }, ["03", "04", "10", "11"]],
    [{ every: "2 days", anchor: "2026-01-01T09:00:00Z" }, ["02", "04", "06", "08", "10", "12", "14"]],
    [{ runAt: "2026-01-05T09:00:00Z" }, ["01", "02", "03", "04", "06", "07", "08", "09", "10", "11", "12", "13", "14"]],
    [{ rrule: "FREQ=WEEKLY;BYDAY=SU,MO,TU,WE,TH;BYHOUR=9" }, ["02", "03", "09", "10"]],
    [{ cron: "0 9 * * *", startAt: "2026-01-03T00:00:00Z", endAt: "2026-01-13T00:00:00Z" }, ["01", "02", "13", "14"]],
    [{ cron: "0 9 * * *", exclude: [{ weekly: "SAT" }] }, ["03", "10"]],
    [
      { cron: "0 9 * * *", exclude: [{ weekly: "SAT,SUN" }], businessDays: [1, 2, 3, 4, 5, 6] },
      ["03", "04", "09", "10", "11", "12", "13", "14"],
    ],
  ])("%j is left out", (schedule, days) => expect(daysIn(without(schedule), "2026-01")).toEqual(days));

  it("takes out its very instants and nothing round about them", () => {
    const schedule = without({ cron: "0 9 * * *" }, { cron: "*/30 0-59 9 * * *" });
    expect(schedule.next(ms("2026-01-01T08:59:59Z"))).toBe(ms("2026-01-01T09:00:30Z"));
    expect(schedule.previous(ms("2026-01-01T09:00:30Z"))).toBe(ms("2025-12-31T09:59:30Z"));
  });

  it("follows the zone of the schedule it is taken from, unless it names its own in any way", () => {
    const fires = (schedule: ExcludedSchedule): string[] =>
      occurrences({ cron: "0 9,10 * * *", timezone: "Europe/Berlin", exclude: [{ schedule }] }, "2026-01-05T00:00:00Z", 1);
    expect(fires({ cron: "0 9 * * *" })).toEqual(["2026-01-05T10:00+01:00"]);
    expect(fires({ runAt: "2026-01-05T09:00" })).toEqual(["2026-01-05T10:00+01:00"]);
    expect(fires({ cron: "0 8 * * *", timezone: "UTC" })).toEqual(["2026-01-05T10:00+01:00"]);
    expect(fires({ cron: "CRON_TZ=UTC 0 8 * * *" })).toEqual(["2026-01-05T10:00+01:00"]);
    expect(fires({ rrule: "DTSTART;TZID=UTC:20260101T080000\nRRULE:FREQ=DAILY" })).toEqual(["2026-01-05T10:00+01:00"]);
    expect(fires({ rrule: "DTSTART:20260101T080000Z\nRRULE:FREQ=DAILY" })).toEqual(["2026-01-05T10:00+01:00"]);
  });

  it("is applied to what has been moved, and is no closed day", () => {
    const spec: ScheduleSpec = {
      cron: "0 9 L * *",
      exclude: [{ weekly: "SAT,SUN" }, { schedule: { cron: "0 9 30 1 *" } }],
      roll: "preceding",
    };
    const schedule = parseSchedule(spec);
    expect(schedule.next(ms("2026-01-01T00:00:00Z"))).toBe(ms("2026-02-27T09:00:00Z"));
    expect(schedule.explain(ms("2026-01-30T09:00:00Z"))).toMatchObject({
      fires: false,
      reasons: expect.arrayContaining([expect.objectContaining({ part: "exclude", holds: false })]),
    });
  });

  it("spreads H by the same job as the schedule", () => {
    const schedule = parseSchedule({ cron: "H H * * *", exclude: [{ schedule: { cron: "H H 1 * *" } }] }, { hashSeed: "job" });
    const days = [...schedule.between(ms("2026-01-31T00:00:00Z"), ms("2026-02-03T00:00:00Z"))].map((at) => new Date(at).getUTCDate());
    expect(days).toEqual([31, 2]);
  });

  it("is named with its place as the reason, and in the description", () => {
    const schedule = parseSchedule({ cron: "0 9 * * *", exclude: [{ date: "12-25" }, { schedule: { cron: "0 9 1 * *" } }] });
    expect(schedule.describe()).toBe("At 09:00, except on the 25th in December; when this fires: at 09:00 on the 1st");
    expect(schedule.explain(ms("2026-02-01T09:00:00Z")).reasons.filter(({ holds }) => !holds)).toEqual([
      { part: "exclude", holds: false, text: "It is an occurrence of exclude[1].schedule: At 09:00 on the 1st." },
    ]);
  });

  it.each<[ExcludedSchedule & Pick<ScheduleSpec, "anyOf">, string]>([
    [{ cron: "0 25 * * *" }, "exclude[0].schedule.cron"],
    [{}, "exclude[0].schedule.cron"],
    [{ cron: "0 9 * * *", timezone: "Mars/Olympus" }, "exclude[0].schedule.timezone"],
    [{ anyOf: [{ every: "1h" }] }, "exclude[0].schedule.anyOf"],
    [{ cron: "0 9 * * *", exclude: [{ date: "2026-02-30" }] }, "exclude[0].schedule.exclude[0]"],
    [
      { cron: "0 9 * * *", exclude: [{ schedule: { every: "1h" } }] } as unknown as ExcludedSchedule,
      "exclude[0].schedule.exclude[0].schedule",
    ],
  ])("%j is refused at its place", (schedule, field) => {
    const error = refusal(() => without(schedule));
    expect(error.field).toBe(field);
    expect(error.message).toContain(field);
  });

  it("may take out a year of minutes in a row", () => {
    const schedule = without({ cron: "* * * * * ", startAt: "2026-01-01T00:00:00Z", endAt: "2026-12-31T23:59:00Z" }, { cron: "* * * * *" });
    expect(schedule.next(ms("2025-12-31T23:59:00Z"))).toBe(ms("2027-01-01T00:00:00Z"));
  });

  it("may take out everything", () => {
    expect(without({ cron: "0 9 * * *" }).next(0)).toBeNull();
    expect(without({ cron: "0 9 * * *" }).previous(ms("2026-01-01T00:00:00Z"))).toBeNull();
  });
});

describe("an excluded schedule against a walk over every minute", () => {
  const zone = fc.constantFrom("UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Asia/Tokyo");
  const dst = fc.record({ gap: fc.constantFrom("run_after", "shift", "skip"), overlap: fc.constantFrom("first", "second", "both") });
  // Days on which the clocks of New York, Berlin, Lord Howe or Santiago change, and one on which none do.
  const day = fc.constantFrom(
    "2026-03-08",
    "2026-11-01",
    "2026-03-29",
    "2026-10-25",
    "2026-10-04",
    "2026-04-05",
    "2026-09-06",
    "2026-06-07",
  );
  const hour = 3600;

  it("leaves exactly the occurrences that the other schedule does not have, forwards and backwards", () => {
    fc.assert(
      fc.property(
        fc.tuple(zone, zone, day),
        fc.array(fc.tuple(anyExpression, anyExpression, dst, dst), { minLength: 6, maxLength: 6 }),
        ([timezone, otherZone, date], cases) => {
          const noon = ms(`${date}T12:00:00Z`) / 1000;
          const [from, to] = [noon - 30 * hour, noon + 30 * hour];
          const [own, other] = [timezone, otherZone].map((id) => readStretch(id, from - 30 * hour, to + 30 * hour));
          for (const [expression, excluded, policy, otherPolicy] of cases) {
            const inner: ExcludedSchedule = { cron: excluded.text, timezone: otherZone, dst: otherPolicy };
            const schedule = parsed({ cron: expression.text, timezone, dst: policy, exclude: [{ schedule: inner }] });
            if (schedule === null || own === undefined || other === undefined) continue;
            const taken = new Set(bruteForce(excluded, other, otherPolicy.gap, otherPolicy.overlap));
            const expected = bruteForce(expression, own, policy.gap, policy.overlap).filter(
              (at) => at >= from && at <= to && !taken.has(at),
            );
            expect([...schedule.between(from * 1000, to * 1000)].map((at) => at / 1000).join(), expression.text).toBe(expected.join());
            const backwards: number[] = [];
            for (let at = schedule.previous(to * 1000 + 1); at !== null && at >= from * 1000; at = schedule.previous(at))
              backwards.unshift(at / 1000);
            expect(backwards.join(), expression.text).toBe(expected.join());
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** Null for the few expressions that never fire. */
function parsed(spec: ScheduleSpec): Schedule | null {
  try {
    return parseSchedule(spec);
  } catch (error) {
    if ((error as ScheduleError).code === "schedule_never_fires") return null;
    throw error;
  }
}
