import type { Breaker } from "@punctual/contract";
import type { Io } from "../io.ts";
import { paintStatus } from "./paint.ts";
import { safeText } from "./safe.ts";
import { fieldsText, tableText } from "./table.ts";
import { whenText } from "./when.ts";

/** A breaker in full, a field a line. */
export async function breakerText(io: Io, breaker: Breaker): Promise<string> {
  const now = io.nowMs();
  return fieldsText(io, [
    ["target", safeText(breaker.target)],
    ["state", stateText(io, breaker)],
    ["reason", breaker.reason === null ? null : safeText(breaker.reason)],
    ["held runs", String(breaker.heldRuns)],
    ["opened", breaker.openedAt === null ? null : whenText(breaker.openedAt, now)],
    ["next probe", breaker.nextProbeAt === null ? null : whenText(breaker.nextProbeAt, now)],
    ["healed", breaker.healedAt === null ? null : whenText(breaker.healedAt, now)],
  ]);
}

/** Breakers as a table. */
export function breakerTable(io: Io, breakers: readonly Breaker[]): Promise<string> {
  const now = io.nowMs();
  return tableText(
    io,
    ["target", "state", "held runs", "since", "next probe", "reason"],
    breakers.map((breaker) => [
      safeText(breaker.target),
      stateText(io, breaker),
      String(breaker.heldRuns),
      breaker.openedAt === null ? "" : whenText(breaker.openedAt, now),
      breaker.nextProbeAt === null ? "" : whenText(breaker.nextProbeAt, now),
      safeText(breaker.reason ?? ""),
    ]),
  );
}

function stateText(io: Io, { state, forced, forcedBy }: Breaker): string {
  const by = forcedBy === null ? "" : ` by ${safeText(forcedBy)}`;
  return forced === null ? paintStatus(io, state) : `${paintStatus(io, state)}, forced${by}`;
}
