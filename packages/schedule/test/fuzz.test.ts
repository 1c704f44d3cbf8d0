import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDuration, parseInstant, parseSchedule, ScheduleError } from "../src/index.ts";

/** Text made of what cron is made of, and of anything at all. */
const cronLike = fc.oneof(
  fc
    .array(fc.constantFrom(..."0123456789*/-,?#LWH()+@ \t".split(""), "MON", "jan", "TZ=", "Europe/Berlin", "\u0000", "\u0661", "é"), {
      maxLength: 40,
    })
    .map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 60 }),
);

/** Whether a reader took a text or refused it as it should. Anything else thrown fails the test. */
function readsOrRefuses(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    return error instanceof ScheduleError && error.message.length < 1000;
  }
}

/** Milliseconds a call takes, at its best of three. */
function bestOfThree(call: () => unknown): number {
  const took = [1, 2, 3].map(() => {
    const start = performance.now();
    call();
    return performance.now() - start;
  });
  return Math.min(...took);
}

describe("no text", () => {
  it("breaks the readers", () => {
    fc.assert(
      fc.property(cronLike, cronLike, (text, other) => {
        expect(readsOrRefuses(() => parseSchedule({ cron: text }, { hashSeed: other }).next(1e12))).toBe(true);
        expect(readsOrRefuses(() => parseSchedule({ cron: `0 0 ${text}` }, { hashSeed: "job" }).previous(1e12))).toBe(true);
        expect(readsOrRefuses(() => parseSchedule({ cron: text, dialect: "quartz" }, { hashSeed: "job" }))).toBe(true);
        expect(readsOrRefuses(() => parseSchedule({ every: text, timezone: other }))).toBe(true);
        expect(readsOrRefuses(() => parseSchedule({ runAt: text, timezone: "Europe/Berlin" }))).toBe(true);
        expect(readsOrRefuses(() => parseDuration(text))).toBe(true);
        expect(readsOrRefuses(() => parseInstant(text))).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it.each<[string, (size: number) => string]>([
    ["a long list", (size) => `${"5,".repeat(size)}7 * * * *`],
    ["a list of ranges", (size) => `${"0-59/1,".repeat(size / 4)}7 * * * *`],
    ["many spaces", (size) => `*${" ".repeat(size)}* * * *`],
    ["many fields", (size) => "* ".repeat(size)],
    ["many digits", (size) => `${"9".repeat(size)} * * * *`],
    ["many letters", (size) => `* * * * ${"L".repeat(size)}`],
    ["a long prefix", (size) => `TZ=${"A/".repeat(size / 2)} * * * * *`],
  ])("takes more than linear time: %s", (_, make) => {
    const read = (size: number): number => bestOfThree(() => readsOrRefuses(() => parseSchedule({ cron: make(size) })));
    read(1000);
    // Ten times the text; quadratic time would be a hundred times as long. A millisecond of slack covers the timer.
    expect(read(20_000)).toBeLessThan(read(2000) * 30 + 5);
  });

  it("hangs on an instant that is none, or spoils the answers after it", () => {
    for (const kind of [
      { cron: "0 9 31 12 *" },
      { cron: "0 9 * * 5#5" },
      { every: "1 day" },
      { every: "1s" },
      { cron: "0 9 * * *", exclude: [{ weekly: "SAT" }], roll: "preceding" as const },
    ]) {
      const schedule = parseSchedule({ ...kind, timezone: "Europe/Berlin" });
      const before = schedule.next(1e12);
      for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 8.64e15, -8.64e15]) {
        schedule.next(ms);
        schedule.previous(ms);
      }
      expect(schedule.next(1e12)).toBe(before);
    }
  });

  it("lets a giant step run", () => {
    const schedule = parseSchedule({ cron: "*/999999999 */999999999 * * *" });
    expect(schedule.next(0)).toBe(86_400_000);
  });
});
