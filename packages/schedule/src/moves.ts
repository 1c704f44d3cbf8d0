import { stableHash } from "./cron/hash.ts";
import { parseSchedule } from "./parse-schedule.ts";
import type { ScheduleSpec } from "./spec.ts";
import { cover, type Zone, zoneOf } from "./zone/zone.ts";

/** The offsets of one zone as plain data, fit for storing: `offsetSeconds` counts from `fromMs` on, the first one from ever. */
export type ZoneTransitions = { timezone: string; transitions: { fromMs: number | null; offsetSeconds: number }[] };

/** What a change of a zone's rules does to a schedule: its first occurrence that moves, before and after. */
export type MovedSchedule = { index: number; beforeMs: number | null; afterMs: number | null };

/** The platform's rules for a zone up to an instant, to be kept and compared with those of another day or machine. */
export function zoneTransitions(timezone: string, toMs: number): ZoneTransitions {
  const zone = zoneOf(timezone);
  cover(zone, Math.floor(toMs / 1000));
  const transitions = zone.starts.map((start, index) => ({
    fromMs: index === 0 ? null : start * 1000,
    offsetSeconds: zone.offsets[index] as number,
  }));
  return { timezone, transitions: transitions.filter(({ fromMs }) => fromMs === null || fromMs <= toMs) };
}

/** Zones of all continents, most of them with rules that were changed in the last years. */
const watchedZones = [
  "Africa/Cairo",
  "Africa/Casablanca",
  "America/Asuncion",
  "America/Mexico_City",
  "America/New_York",
  "America/Santiago",
  "Asia/Almaty",
  "Asia/Beirut",
  "Asia/Gaza",
  "Australia/Sydney",
  "Europe/Berlin",
  "Pacific/Apia",
];

/** The tables reach beyond it anyhow, whatever was asked before. */
const watchedToMs = Date.UTC(2038, 0, 1);

/**
 * Eight hex digits that stand for the platform's rules of time: equal on two machines whose schedules fire at the same instants, other ones where the rules of a
 * watched zone differ. It is a hash of transitions and not the name of a release such as "2026a": a browser does not know its release, and the same
 * release is compiled to different tables. The first call measures twelve zones, some 80 ms.
 */
export function tzVersion(): string {
  const text = JSON.stringify(watchedZones.map((zone) => zoneTransitions(zone, watchedToMs)));
  return stableHash(text, "tz").toString(16).padStart(8, "0");
}

/**
 * Tells which schedules fire at other instants under other rules of their zones, such as after an update of the platform's tz data.
 *
 * @param before the rules as they were, one entry a zone; schedules in zones without an entry are compared under the platform's on both sides
 * @param fromMs the comparison starts with the occurrence after this instant
 * @param toMs and ends with this one
 */
export function movedSchedules(
  specs: readonly ScheduleSpec[],
  before: readonly ZoneTransitions[],
  fromMs: number,
  toMs: number,
): MovedSchedule[] {
  const zones = new Map(before.map((transitions) => [transitions.timezone, frozenZone(transitions)]));
  const oldZoneOf = (id: string, field: string): Zone => zones.get(id) ?? zoneOf(id, field);
  return specs.flatMap((spec, index) => {
    const old = parseSchedule(spec, { hashSeed: "any", zoneOf: oldZoneOf });
    const fresh = parseSchedule(spec, { hashSeed: "any" });
    let [beforeMs, afterMs] = [old.next(fromMs), fresh.next(fromMs)];
    while (beforeMs === afterMs && beforeMs !== null && beforeMs <= toMs) [beforeMs, afterMs] = [old.next(beforeMs), fresh.next(beforeMs)];
    const isLater = Math.min(beforeMs ?? Number.POSITIVE_INFINITY, afterMs ?? Number.POSITIVE_INFINITY) > toMs;
    return beforeMs === afterMs || isLater ? [] : [{ index, beforeMs, afterMs }];
  });
}

/** A zone that knows nothing but the transitions given. */
function frozenZone({ timezone, transitions }: ZoneTransitions): Zone {
  return {
    id: timezone,
    isUtc: false,
    starts: transitions.map(({ fromMs }) => (fromMs === null ? Number.NEGATIVE_INFINITY : fromMs / 1000)),
    offsets: transitions.map(({ offsetSeconds }) => offsetSeconds),
    coveredTo: Number.POSITIVE_INFINITY,
    lastSegment: 0,
  };
}
