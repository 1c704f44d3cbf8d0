import { ScheduleError } from "../errors.ts";
import { offsetReader } from "./offset-reader.ts";

/**
 * A time zone as a table of its offsets: segment `i` runs from `starts[i]` until `starts[i + 1]` and is `offsets[i]` seconds ahead of UTC.
 *
 * `Intl` answers "what does the clock show?" in about a microsecond and cannot answer "when does it change?" at all. Asked once a week of
 * time and bisected, it fills this table in some 5 ms a zone, and a lookup costs nanoseconds from then on. The table starts in
 * 1970 (the offset of that day is used for all time before) and grows forward as far as somebody asks.
 */
export type Zone = {
  readonly id: string;
  /** Local times are instants: no conversion is needed. */
  readonly isUtc: boolean;
  /** First epoch second of each segment; `starts[0]` is -Infinity. */
  readonly starts: number[];
  readonly offsets: number[];
  /** Changes before this epoch second are in the table; Infinity when there are no more. */
  coveredTo: number;
  /** The segment of the last lookup: the next one is nearly always the same. */
  lastSegment: number;
};

const yearSeconds = 31_556_952;
const firstCover = 70 * yearSeconds; // 1970 to 2040
/** Rules of daylight saving are laws, and no law reaches this far; beyond 2200 the last offset stays. */
const horizon = 230 * yearSeconds;
const growth = 10 * yearSeconds;
/** No zone since 1970 has changed and changed back within a week; the tests look at every zone day by day. */
const probeStep = 7 * 86_400;

const zones = new Map<string, Zone>();

/**
 * The table of an IANA time zone. Built at its first use and shared.
 *
 * @throws ScheduleError `timezone_unknown`
 */
export function zoneOf(id: string, field = "timezone"): Zone {
  let zone = zones.get(id);
  if (zone === undefined) {
    zone = id === "UTC" || id === "Etc/UTC" ? { ...fixedZone(id, 0), isUtc: true } : measureZone(id, field);
    zones.set(id, zone);
  }
  return zone;
}

/** The segment an epoch second lies in. */
export function segmentAt(zone: Zone, second: number): number {
  const { starts } = zone;
  let low = zone.lastSegment;
  if ((starts[low] as number) <= second && (low + 1 < starts.length ? second < (starts[low + 1] as number) : second < zone.coveredTo))
    return low;

  cover(zone, second);
  low = 0;
  let high = starts.length; // starts[low] <= second < starts[high]
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] as number) <= second) low = middle;
    else high = middle;
  }
  zone.lastSegment = low;
  return low;
}

/** Seconds ahead of UTC at an epoch second. */
export function offsetAt(zone: Zone, second: number): number {
  return zone.offsets[segmentAt(zone, second)] as number;
}

/** Makes sure that every change up to `second` is in the table. */
export function cover(zone: Zone, second: number): void {
  if (!(second >= zone.coveredTo)) return; // also for NaN, which must not get into a table that everybody shares
  const target = Math.min(Math.max(second + growth, firstCover), horizon);
  const offsetOf = offsetReader(zone.id);
  let offset = zone.offsets.at(-1) as number;
  for (let probe = zone.coveredTo; probe < target; probe += probeStep) {
    const end = Math.min(probe + probeStep, target);
    const offsetAtEnd = offsetOf(end);
    if (offsetAtEnd === offset) continue;
    zone.starts.push(firstSecondWith(offsetOf, offset, probe, end));
    zone.offsets.push(offsetAtEnd);
    offset = offsetAtEnd;
  }
  zone.coveredTo = target === horizon ? Number.POSITIVE_INFINITY : target;
}

function measureZone(id: string, field: string): Zone {
  let offset: number;
  try {
    if (!/^[A-Za-z]/.test(id)) throw new RangeError("an offset is not a zone: it knows no daylight saving");
    offset = offsetReader(id)(0);
  } catch {
    throw new ScheduleError("timezone_unknown", { field, found: id, expected: "an IANA time zone", remedy: suggestion(id) });
  }
  const zone = { ...fixedZone(id, offset), coveredTo: 0 };
  cover(zone, 0);
  return zone;
}

function fixedZone(id: string, offset: number): Zone {
  return { id, isUtc: false, starts: [Number.NEGATIVE_INFINITY], offsets: [offset], coveredTo: Number.POSITIVE_INFINITY, lastSegment: 0 };
}

function firstSecondWith(offsetOf: (second: number) => number, oldOffset: number, from: number, to: number): number {
  let before = from;
  let after = to;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetOf(middle) === oldOffset) before = middle;
    else after = middle;
  }
  return after;
}

function suggestion(id: string): string {
  const city = (id.split("/").at(-1) as string).trim().toLowerCase().replaceAll(" ", "_");
  const near =
    city.length < 3
      ? undefined
      : Intl.supportedValuesOf("timeZone").find((known) => known.toLowerCase().split("/").at(-1)?.startsWith(city));
  return near === undefined ? 'Use a name such as "Europe/Berlin" or "UTC".' : `Did you mean "${near}"?`;
}
