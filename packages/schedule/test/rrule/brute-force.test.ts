import fc from "fast-check";
import { expect, it } from "vitest";
import { parseSchedule, type Schedule, ScheduleError } from "../../src/index.ts";
import { expand, isAllowedDay, type PlainRule, ruleText } from "./oracle.ts";
import { rules } from "./rules.ts";

const dayMs = 86_400_000;
const starts = fc.integer({ min: Date.UTC(1996, 0, 1) / 1000, max: Date.UTC(2030, 0, 1) / 1000 }).map((second) => second * 1000);

/** How far the oracle looks: it goes through every second of a rule of seconds. */
const reachMs = { SECONDLY: 0.5, MINUTELY: 20, HOURLY: 400, DAILY: 1500, WEEKLY: 2500, MONTHLY: 2500, YEARLY: 4000 } as const;

function parse(rule: PlainRule, startMs: number, timezone?: string): Schedule | null {
  const start = `${new Date(startMs).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
  const zone = timezone === undefined ? {} : { timezone };
  try {
    return parseSchedule({ rrule: `DTSTART:${start}\nRRULE:${ruleText(rule)}`, ...zone });
  } catch (error) {
    if (error instanceof ScheduleError && error.code === "schedule_never_fires") return null;
    throw error;
  }
}

it("gives what going through the RFC's table step by step gives", () => {
  fc.assert(
    fc.property(rules, starts, (rule, startMs) => {
      const endMs = startMs + reachMs[rule.frequency] * dayMs * Math.min(rule.interval, 20);
      const expected = expand(rule, startMs, endMs);
      const schedule = parse(rule, startMs);
      expect(schedule === null ? [] : [...schedule.between(startMs - dayMs, endMs)]).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

it("knows the weeks at the turn of every year", () => {
  const weeks = fc.uniqueArray(fc.constantFrom(1, 2, 52, 53, -1, -2, -52, -53), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(weeks, fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1970, max: 2090 }), (byWeekNo, weekStart, year) => {
      const byDay = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
      const rule: PlainRule = { frequency: "YEARLY", interval: 1, weekStart, byWeekNo, byDay };
      const [startMs, endMs] = [Date.UTC(year, 0, 1), Date.UTC(year + 3, 0, 10)];
      const schedule = parse(rule, startMs);
      expect(schedule === null ? [] : [...schedule.between(startMs, endMs)]).toEqual(expand(rule, startMs, endMs));
    }),
    { numRuns: 30 },
  );
});

it("answers from everywhere what one iteration gives, forwards and backwards", () => {
  fc.assert(
    fc.property(rules, starts, fc.constantFrom("UTC", "America/New_York", "Australia/Lord_Howe"), (rule, startMs, timezone) => {
      const schedule = parse(rule, startMs, timezone);
      if (schedule === null) return;
      const found: number[] = [];
      for (let at = schedule.next(startMs - 1); at !== null && found.length < 60; at = schedule.next(at)) found.push(at);
      for (const [index, at] of found.entries()) {
        expect(at).toBeGreaterThan(found[index - 1] ?? startMs - 1);
        expect(schedule.matches(at)).toBe(true);
        expect(schedule.explain(at).reasons.some(({ holds }) => holds)).toBe(true);
        expect(schedule.previous(at)).toBe(found[index - 1] ?? null);
        // Halfway between two; before the first, just before it.
        const before = found[index - 1] ?? at - 2;
        expect(schedule.next(Math.floor((before + at) / 2))).toBe(at);
      }
    }),
    { numRuns: 150 },
  );
});

it("counts hours and shorter in elapsed time, and means the zone's clocks by its parts", () => {
  const timezone = "America/New_York";
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: timezone, dateStyle: "short", timeStyle: "medium" });
  const local = (ms: number): Date => new Date(`${format.format(ms).replace(" ", "T")}Z`);
  const changes = fc.constantFrom("2026-03-08T00:00:00Z", "2026-11-01T00:00:00Z").map(Date.parse);
  const subject = rules.filter((rule) => rule.frequency === "HOURLY" || rule.frequency === "MINUTELY");
  fc.assert(
    fc.property(subject, changes, fc.integer({ min: 0, max: 4000 }), (drawn, change, minutes) => {
      const rule = { ...drawn, interval: ((drawn.interval - 1) % 50) + 1 };
      delete rule.bySetPos;
      delete rule.bySecond;
      if (rule.frequency === "HOURLY") delete rule.byMinute;
      const startMs = change - minutes * 60_000;
      const endMs = change + 3 * dayMs;
      const start = local(startMs);
      const expected: number[] = [];
      for (let at = startMs; at <= endMs; at += rule.interval * (rule.frequency === "HOURLY" ? 3_600_000 : 60_000)) {
        const shown = local(at);
        const isTime = (rule.byHour?.includes(shown.getUTCHours()) ?? true) && (rule.byMinute?.includes(shown.getUTCMinutes()) ?? true);
        if (isTime && isAllowedDay(rule, shown, start)) expected.push(at);
      }
      const schedule = parse(rule, startMs, timezone);
      expect(schedule === null ? [] : [...schedule.between(startMs, endMs)]).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});
