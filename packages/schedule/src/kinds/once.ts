import { wallText } from "../calendar.ts";
import { ScheduleError } from "../errors.ts";
import type { ScheduleSpec } from "../spec.ts";
import { instantText, parseInstant, readInstant } from "../text/instant.ts";
import { localTime } from "../zone/local.ts";
import { offsetAt, type Zone } from "../zone/zone.ts";
import type { Kind } from "./kind.ts";

/**
 * Reads a specification with `runAt`. Without an offset it is a local time of the zone, which must then be named: the default would turn a
 * forgotten offset into the wrong hour.
 *
 * @throws ScheduleError `instant_invalid`; for a local time that does not exist or exists twice it names both instants that may be meant
 */
export function onceKind(spec: ScheduleSpec, runAt: string, zone: Zone): Kind {
  const atMs = spec.timezone === undefined ? parseInstant(runAt, "runAt") : localInstant(runAt, zone);
  const text = `at ${instantText(atMs, offsetAt(zone, Math.floor(atMs / 1000)))}`;
  return {
    kind: "once",
    zone,
    recurrence: { next: (afterMs) => (afterMs < atMs ? atMs : null), previous: (beforeMs) => (beforeMs > atMs ? atMs : null) },
    describe: () => `Once, ${text}`,
    explain: (ms) => [{ part: "runAt", holds: ms === atMs, text: `It fires once, ${text}.` }],
  };
}

function localInstant(runAt: string, zone: Zone): number {
  const written = readInstant(runAt, "runAt");
  if (written.offsetSeconds !== null) return parseInstant(runAt, "runAt");

  const local = localTime(zone, written.wallSecond);
  if (local.kind === "once") return local.second * 1000 + written.millisecond;
  const [first, second] = local.kind === "twice" ? [local.first, local.second] : [local.change, local.shifted];
  const [one, other] = [first, second].map((candidate) => instantText(candidate * 1000, offsetAt(zone, candidate)));
  throw new ScheduleError("instant_invalid", {
    field: "runAt",
    found: runAt,
    expected: `a local time that ${zone.id} has once`,
    remedy: `The clocks ${local.kind === "twice" ? "show" : "skip"} ${wallText(written.wallSecond)}${local.kind === "twice" ? " twice" : ""}; write ${one} or ${other}.`,
  });
}
