import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSchedule, type Schedule, ScheduleError } from "../../src/index.ts";
import { anyExpression } from "../support/expressions.ts";
import { seed } from "../support/seed.ts";

const zoneIds = Intl.supportedValuesOf("timeZone");
const instant = fc.integer({ min: 0, max: 130 * 365 * 86_400_000 });
const dst = fc.record(
  { gap: fc.constantFrom("run_after", "shift", "skip"), overlap: fc.constantFrom("first", "second", "both") },
  { requiredKeys: [] },
);

/** Any schedule that fires at all, in any zone, under any policy. */
const anySchedule = fc
  .record({ expression: anyExpression, timezone: fc.constantFrom(...zoneIds), dst })
  .map(({ expression, timezone, dst }) => {
    try {
      return parseSchedule({ cron: expression.text, timezone, dst });
    } catch (error) {
      if (error instanceof ScheduleError && error.code === "schedule_never_fires") return null;
      throw error;
    }
  })
  .filter((schedule) => schedule !== null);

/** Checks a property over 1,500 schedules and instants. */
function holds(property: (schedule: Schedule, ms: number) => void): void {
  fc.assert(fc.property(anySchedule, instant, property), { numRuns: 1500, seed });
}

describe(`a schedule, seed ${seed}`, () => {
  it("moves forward, to whole seconds", () =>
    holds((schedule, ms) => {
      const next = schedule.next(ms) as number;
      expect(next).toBeGreaterThan(ms);
      expect(next % 1000).toBe(0);
      expect(schedule.next(next) as number).toBeGreaterThan(next);
    }));

  it("comes back from the previous occurrence to the next one and the other way round", () =>
    holds((schedule, ms) => {
      const next = schedule.next(ms) as number;
      const previous = schedule.previous(ms) as number;
      expect(schedule.previous(schedule.next(next) as number)).toBe(next);
      expect(schedule.next(schedule.previous(previous) as number)).toBe(previous);
      expect(previous).toBeLessThan(ms);
    }));

  it("has nothing between one occurrence and the next, whichever instant in between it is asked from", () =>
    holds((schedule, ms) => {
      const next = schedule.next(ms) as number;
      const previous = schedule.previous(next) as number;
      const between = previous + 1 + (ms % Math.max(1, next - previous - 1));
      expect(schedule.next(between)).toBe(next);
      expect(schedule.previous(between)).toBe(between > previous ? previous : schedule.previous(previous));
      expect(schedule.next(next - 1)).toBe(next);
    }));

  it("matches exactly its occurrences", () =>
    holds((schedule, ms) => {
      const next = schedule.next(ms) as number;
      expect(schedule.matches(next)).toBe(true);
      expect(schedule.matches(next + 1)).toBe(false);
      expect(schedule.matches(ms)).toBe(schedule.previous(ms + 1) === ms);
    }));

  it("lists between two instants what next finds one by one", () =>
    holds((schedule, ms) => {
      const all = [ms];
      for (let count = 0; count < 4; count++) all.push(schedule.next(all.at(-1) as number) as number);
      expect([...schedule.between(ms + 1, all.at(-1) as number)]).toEqual(all.slice(1));
    }));
});
