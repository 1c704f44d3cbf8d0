import { cover, segmentAt, type Zone } from "./zone.ts";

/** What to do with a local time that a change of the clock skips: run right after the gap, the same distance later, or not at all. */
export type GapPolicy = "run_after" | "shift" | "skip";
/** Which instant to take when a change of the clock repeats a local time. */
export type OverlapPolicy = "first" | "second" | "both";
/** What a schedule does with local times that a change of the clock skips or repeats. */
export type DstPolicy = { gap: GapPolicy; overlap: OverlapPolicy };

/**
 * What a local time means in a zone, in epoch seconds: one instant, two (the clock was set back over it), or none (the clock jumped over it).
 * For none, `change` is the first instant after the gap and `shifted` the instant as far behind it as the local time is inside the gap.
 */
export type LocalTime =
  | { kind: "once"; second: number }
  | { kind: "twice"; first: number; second: number }
  | { kind: "never"; change: number; shifted: number };

/** More than any two offsets on Earth differ (26 h), so that it is safe to look this far on either side of a local time. */
export const offsetReach = 2 * 86_400;

/** Looks up which instants show a local time. */
export function localTime(zone: Zone, wallSecond: number): LocalTime {
  cover(zone, wallSecond + offsetReach);
  // No list of those found: its room for 17 was most of what a schedule left to the garbage collector.
  let first: number | null = null;
  let second: number | null = null;
  const last = segmentAt(zone, wallSecond + offsetReach);
  for (let index = segmentAt(zone, wallSecond - offsetReach); index <= last; index++) {
    const instant = wallSecond - (zone.offsets[index] as number);
    if (instant < (zone.starts[index] as number) || instant >= (zone.starts[index + 1] ?? Number.POSITIVE_INFINITY)) continue;
    if (first === null) first = instant;
    else second ??= instant;
  }
  if (first === null) return gapAround(zone, wallSecond);
  return second === null ? { kind: "once", second: first } : { kind: "twice", first, second };
}

/** The one instant of a local time under a policy; null when the time is skipped and the policy says so too. */
export function resolveLocal(zone: Zone, wallSecond: number, gap: GapPolicy, overlap: "first" | "second"): number | null {
  const local = localTime(zone, wallSecond);
  if (local.kind === "once") return local.second;
  if (local.kind === "twice") return overlap === "second" ? local.second : local.first;
  return gap === "skip" ? null : gap === "shift" ? local.shifted : local.change;
}

function gapAround(zone: Zone, wallSecond: number): LocalTime {
  let index = segmentAt(zone, wallSecond - offsetReach) + 1;
  while (wallSecond - (zone.offsets[index] as number) >= (zone.starts[index] as number)) index++;
  return { kind: "never", change: zone.starts[index] as number, shifted: wallSecond - (zone.offsets[index - 1] as number) };
}
