import type { Explanation } from "@punctual/contract";
import type { Io } from "../io.ts";
import { paint } from "./paint.ts";
import { safeText } from "./safe.ts";
import { whenText } from "./when.ts";

/** Whether it fires, what speaks for and against it, and the occurrences around. */
export function explanationText(io: Pick<Io, "nowMs" | "colour">, { at, localTime, fires, reasons, previous, next }: Explanation): string {
  const now = io.nowMs();
  const local = localTime.endsWith("Z") ? "" : `, ${localTime.replace("T", " ")} on its clocks`;
  const neighbour = (name: string, time: string | null): string => `${name}  ${time === null ? "none" : whenText(time, now)}\n`;
  return [
    `${whenText(at, now)}${local}: ${fires ? paint(io, "green", "fires") : paint(io, "red", "does not fire")}\n`,
    ...reasons.map(
      ({ part, holds, text }) => `  ${holds ? paint(io, "green", "yes") : paint(io, "red", "no ")}  ${part}: ${safeText(text)}\n`,
    ),
    neighbour("before", previous),
    neighbour("next  ", next),
  ].join("");
}
