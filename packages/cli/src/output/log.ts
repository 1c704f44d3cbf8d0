import type { RunLogLine } from "@punctual/contract";
import type { Io } from "../io.ts";
import { paint, paintStatus } from "./paint.ts";
import { safeText } from "./safe.ts";
import { exactText } from "./when.ts";

/** A line of a run's log. What it says after a line break of its own is indented, so that no message can pass for another line. */
export function logText(io: Io, { at, storedAt, level, message, truncated }: RunLogLine): string {
  const cut = truncated ? paint(io, "yellow", " (cut)") : "";
  return `${exactText(at ?? storedAt)}  ${paintStatus(io, level)}${" ".repeat(7 - level.length)}${safeText(message).replaceAll("\n", "\n  ")}${cut}\n`;
}

/** What stands between the lines of two attempts. */
export function attemptText(io: Io, attempt: number): string {
  return `${paint(io, "bold", `attempt ${attempt}`)}\n`;
}
