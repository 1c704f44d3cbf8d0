import { describe, expect, it } from "vitest";
import { localTime, resolveLocal } from "../../src/zone/local.ts";
import { offsetReader } from "../../src/zone/offset-reader.ts";
import { cover, offsetAt, segmentAt, zoneOf } from "../../src/zone/zone.ts";

const second = (iso: string): number => Date.parse(iso) / 1000;

describe("the table of a zone", () => {
  it("has the platform's changes to the second", () => {
    const berlin = zoneOf("Europe/Berlin");
    expect(offsetAt(berlin, second("2026-03-29T00:59:59Z"))).toBe(3600);
    expect(offsetAt(berlin, second("2026-03-29T01:00:00Z"))).toBe(7200);
    expect(offsetAt(zoneOf("Africa/Monrovia"), 0)).toBe(-2670);
    expect(offsetAt(zoneOf("UTC"), 0)).toBe(0);
  });

  it("agrees with the platform in every zone, asked at an odd hour of every 25th day until 2050", () => {
    const wrong: string[] = [];
    for (const id of Intl.supportedValuesOf("timeZone")) {
      const zone = zoneOf(id);
      const offsetOf = offsetReader(id);
      for (let at = 12_345; at < second("2050-01-01T00:00:00Z"); at += 25 * 86_400 + 4321)
        if (offsetAt(zone, at) !== offsetOf(at)) wrong.push(`${id} ${at}`);
    }
    expect(wrong).toEqual([]);
  });

  it("grows forward when it is asked, and keeps the last offset beyond 2200", () => {
    const berlin = zoneOf("Europe/Berlin");
    expect(offsetAt(berlin, second("2123-07-01T00:00:00Z"))).toBe(7200);
    cover(berlin, second("2500-01-01T00:00:00Z"));
    expect(offsetAt(berlin, second("2500-07-01T00:00:00Z"))).toBe(3600);
    expect(segmentAt(berlin, second("2500-07-01T00:00:00Z"))).toBe(berlin.starts.length - 1);
  });

  it("keeps the offset of 1970 for what was before", () =>
    expect(offsetAt(zoneOf("America/New_York"), second("1950-07-01T00:00:00Z"))).toBe(-18_000));
});

describe("a local time", () => {
  const newYork = zoneOf("America/New_York");

  it("is one instant, two, or none", () => {
    expect(localTime(newYork, second("2026-07-01T12:00:00Z"))).toEqual({ kind: "once", second: second("2026-07-01T16:00:00Z") });
    expect(localTime(newYork, second("2026-11-01T01:30:00Z"))).toEqual({
      kind: "twice",
      first: second("2026-11-01T05:30:00Z"),
      second: second("2026-11-01T06:30:00Z"),
    });
    expect(localTime(newYork, second("2026-03-08T02:30:00Z"))).toEqual({
      kind: "never",
      change: second("2026-03-08T07:00:00Z"),
      shifted: second("2026-03-08T07:30:00Z"),
    });
  });

  it("has sharp edges", () => {
    expect(localTime(newYork, second("2026-03-08T01:59:59Z")).kind).toBe("once");
    expect(localTime(newYork, second("2026-03-08T02:00:00Z")).kind).toBe("never");
    expect(localTime(newYork, second("2026-03-08T03:00:00Z")).kind).toBe("once");
    expect(localTime(newYork, second("2026-11-01T00:59:59Z")).kind).toBe("once");
    expect(localTime(newYork, second("2026-11-01T01:00:00Z")).kind).toBe("twice");
    expect(localTime(newYork, second("2026-11-01T02:00:00Z")).kind).toBe("once");
  });

  it("becomes what the policies say", () => {
    const [gap, overlap] = [second("2026-03-08T02:30:00Z"), second("2026-11-01T01:30:00Z")];
    expect(resolveLocal(newYork, gap, "skip", "first")).toBeNull();
    expect(resolveLocal(newYork, gap, "shift", "first")).toBe(second("2026-03-08T07:30:00Z"));
    expect(resolveLocal(newYork, gap, "run_after", "first")).toBe(second("2026-03-08T07:00:00Z"));
    expect(resolveLocal(newYork, overlap, "skip", "second")).toBe(second("2026-11-01T06:30:00Z"));
    expect(resolveLocal(newYork, overlap, "skip", "first")).toBe(second("2026-11-01T05:30:00Z"));
  });
});
