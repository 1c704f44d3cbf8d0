import { describe, expect, it } from "vitest";
import { diffSchedules, movedSchedules, parseSchedule, zoneTransitions } from "../../src/index.ts";

const hour = 3_600_000;

describe("diffSchedules", () => {
  it("lists what an edit keeps, loses and adds, in order of time", () => {
    const diff = diffSchedules(parseSchedule({ cron: "0 9,12 * * *" }), parseSchedule({ cron: "0 9,15 * * *" }), 0, 5);
    expect(diff).toEqual({ kept: [9 * hour, 33 * hour], lost: [12 * hour, 36 * hour], added: [15 * hour] });
  });

  it("ends when both schedules are over", () => {
    const once = parseSchedule({ runAt: "1970-01-01T01:00:00Z" });
    expect(diffSchedules(once, parseSchedule({ runAt: "1970-01-01T02:00:00Z" }), 0, 10)).toEqual({
      kept: [],
      lost: [hour],
      added: [2 * hour],
    });
    expect(diffSchedules(once, once, hour, 10)).toEqual({ kept: [], lost: [], added: [] });
  });
});

describe("movedSchedules", () => {
  const berlin = zoneTransitions("Europe/Berlin", Date.UTC(2030, 0, 1));
  const [from, to] = [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)];
  const specs = [
    { cron: "0 9 * * *", timezone: "Europe/Berlin" },
    { cron: "0 9 * 7 *", timezone: "Europe/Berlin" },
    { cron: "0 9 * * *" },
    { every: "24h" },
    { every: "1 day", timezone: "Europe/Berlin" },
  ];

  it("finds nothing when the rules are the same", () => expect(movedSchedules(specs, [berlin], from, to)).toEqual([]));

  it("finds the schedules whose local time lies in what changed", () => {
    // Winter time as it would have been kept: no change back in October 2026.
    const without = { ...berlin, transitions: berlin.transitions.filter(({ fromMs }) => fromMs === null || fromMs < Date.UTC(2026, 6, 1)) };
    expect(movedSchedules(specs, [without], from, to)).toEqual([
      { index: 0, beforeMs: Date.parse("2026-10-25T07:00:00Z"), afterMs: Date.parse("2026-10-25T08:00:00Z") },
      { index: 4, beforeMs: Date.parse("2026-10-25T22:00:00Z"), afterMs: Date.parse("2026-10-25T23:00:00Z") },
    ]);
    expect(movedSchedules(specs, [without], from, Date.UTC(2026, 8, 1))).toEqual([]);
  });

  it("keeps transitions as plain data", () => {
    expect(JSON.parse(JSON.stringify(berlin))).toEqual(berlin);
    expect(berlin.transitions.at(0)).toEqual({ fromMs: null, offsetSeconds: 3600 });
    expect(berlin.transitions.at(-1)).toEqual({ fromMs: Date.parse("2029-10-28T01:00:00Z"), offsetSeconds: 3600 });
  });
});
