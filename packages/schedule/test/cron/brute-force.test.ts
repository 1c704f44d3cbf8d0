import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSchedule, type ScheduleError, type ScheduleSpec } from "../../src/index.ts";
import { cover, zoneOf } from "../../src/zone/zone.ts";
import { anyExpression, type Expression } from "../support/expressions.ts";
import { bruteForce, fieldsOf, readStretch } from "../support/platform-clock.ts";
import { seed } from "../support/seed.ts";

const zoneIds = Intl.supportedValuesOf("timeZone");
const hour = 3600;
const day = 86_400;
/** The end of the years looked at, 1970 to 2100. */
const lastDay = 131 * 365;

/** So many cases in each of some 420 zones: 20,000 and more in a run. */
const casesPerZone = 50;
/** How far from the moment occurrences are compared, and how much more is walked: enough to hold the longest gap there is, a whole day. */
const reach = 6 * hour;
const margin = 26 * hour;

/** A moment in a zone, mostly near a change of its clock (which is taken from our own table: it only says where to look). */
function momentIn(zoneId: string): fc.Arbitrary<number> {
  const zone = zoneOf(zoneId);
  cover(zone, lastDay * day);
  // Liberia's clocks were 44:30 behind until 1972; walking it by minutes would never meet a full one.
  const firstDay = zoneId === "Africa/Monrovia" ? 3 * 365 : 2;
  const changes = zone.starts.filter((start) => start > firstDay * day && start < lastDay * day);
  const anywhere = fc.integer({ min: firstDay, max: lastDay }).map((number) => number * day);
  if (changes.length === 0) return anywhere;
  const near = fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -5, max: 5 }))
    .map(([change, shift]) => Math.floor(change / 60) * 60 + shift * hour);
  return fc.oneof({ weight: 9, arbitrary: near }, { weight: 1, arbitrary: anywhere });
}

const dst = fc.record({ gap: fc.constantFrom("run_after", "shift", "skip"), overlap: fc.constantFrom("first", "second", "both") });

/** Null for the few expressions that never fire: their own test is elsewhere. */
function parse(spec: ScheduleSpec): ReturnType<typeof parseSchedule> | null {
  try {
    return parseSchedule(spec);
  } catch (error) {
    if ((error as ScheduleError).code === "schedule_never_fires") return null;
    throw error;
  }
}

describe(`cron against a walk over every minute, seed ${seed}`, () => {
  it("finds the same occurrences in every zone, before, in and after changes of the clock, under every policy", () => {
    const cases = fc.array(fc.tuple(anyExpression, dst), { minLength: casesPerZone, maxLength: casesPerZone });
    for (const [index, zoneId] of zoneIds.entries()) {
      const property = fc.property(momentIn(zoneId), cases, (second, tuples) => {
        const [from, to] = [second - reach, second + reach];
        const stretch = readStretch(zoneId, from - margin, to + margin);
        for (const [expression, policy] of tuples) {
          const schedule = parse({ cron: expression.text, timezone: zoneId, dst: policy });
          if (schedule === null) continue;
          const expected = bruteForce(expression, stretch, policy.gap, policy.overlap).filter((at) => at >= from && at <= to);
          // Joined, because a diff of arrays this long takes the assertion seconds to decide on.
          expect(toSeconds(schedule.between(from * 1000, to * 1000)).join(), expression.text).toBe(expected.join());
          expect(backwards(schedule.previous, from, to).join(), expression.text).toBe(expected.join());
        }
      });
      fc.assert(property, { numRuns: 1, seed: seed + index });
    }
  }, 60_000);

  it("has enough cases", () => expect(zoneIds.length * casesPerZone).toBeGreaterThanOrEqual(20_000));

  it("finds the next and the previous day of rare patterns, decades away", () => {
    fc.assert(
      fc.property(anyExpression, fc.integer({ min: 0, max: 130 * 365 * day }), (expression, second) => {
        const schedule = parse({ cron: expression.text });
        if (schedule === null) return;
        const next = (schedule.next(second * 1000) as number) / 1000;
        const previous = (schedule.previous(second * 1000 + 1) as number) / 1000;
        expect(next).toBeGreaterThan(second);
        expect(previous).toBeLessThanOrEqual(second);
        for (const found of [next, previous]) expect(isOccurrence(expression, found)).toBe(true);
        for (const found of [next, previous]) expect(schedule.matches(found * 1000)).toBe(true);
        expect(daysBetween(expression, previous, next)).toEqual([]);
      }),
      { numRuns: 3000, seed },
    );
  });
});

function toSeconds(instants: Iterable<number>): number[] {
  return [...instants].map((ms) => ms / 1000);
}

function backwards(previous: (beforeMs: number) => number | null, from: number, to: number): number[] {
  const found: number[] = [];
  for (let at = previous(to * 1000 + 1); at !== null && at >= from * 1000; at = previous(at)) found.push(at / 1000);
  return found.reverse();
}

function isOccurrence(expression: Expression, second: number): boolean {
  return (
    expression.matchesMinute(fieldsOf(Math.floor(second / 60) * 60)) && expression.seconds.includes(second - Math.floor(second / 60) * 60)
  );
}

/** The days strictly between two occurrences' days on which the expression would fire too. */
function daysBetween(expression: Expression, previous: number, next: number): number[] {
  const found: number[] = [];
  for (let at = Math.floor(previous / day) + 1; at < Math.floor(next / day); at++) {
    if (expression.matchesDay(fieldsOf(at * day))) found.push(at);
  }
  return found;
}
