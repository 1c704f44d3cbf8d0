import type { LintResult } from "@punctual/contract";
import type { Io } from "../io.ts";
import { paintStatus } from "./paint.ts";
import { safeText } from "./safe.ts";

/** The schedule in words, then what may surprise in it, each with what to write instead. */
export function lintText(io: Pick<Io, "colour">, { description, findings }: LintResult): string {
  if (findings.length === 0) return `${safeText(description)}: nothing surprising.\n`;
  const lines = findings.map(({ rule, field, message, suggestion }) => {
    return `  ${paintStatus(io, "warn")}  ${rule} (${field}): ${safeText(message)}\n        ${safeText(suggestion)}\n`;
  });
  return `${safeText(description)}:\n${lines.join("")}`;
}
