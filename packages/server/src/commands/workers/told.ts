import { type Fault, type LogLine, limits, PunctualError } from "@punctual/contract";
import { parseDuration } from "@punctual/schedule";
import { acceptInstant, asFault } from "../../model/job-schedule.ts";
import { harmless } from "../../model/log-lines.ts";
import type { NewLogLine } from "../../store/run-logs.ts";
import type { ToldOutcome } from "./desk.ts";

/** What a request says of a run's end. */
type Told = { outcome: ToldOutcome["outcome"]; output?: string; error?: string; retryable?: boolean; retryAfter?: string };

/** An outcome as it can be stored. @param at pointer of the result in the request */
export function acceptOutcome({ outcome, output, error, retryable = true, retryAfter }: Told, at: string): ToldOutcome {
  const kept = output === undefined ? null : harmless(output, limits.outputBytes);
  return {
    outcome,
    output: kept?.text ?? null,
    outputTruncated: kept?.truncated ?? false,
    error: error === undefined ? null : harmless(error, limits.outputBytes).text,
    retryable,
    retryAfterMs: retryAfter === undefined ? null : asFault(() => parseDuration(retryAfter), `${at}/retryAfter`),
  };
}

/** Log lines as they can be stored. @param at pointer of the list in the request */
export function acceptLogs(lines: readonly LogLine[], at: string): NewLogLine[] {
  return lines.map(({ at: writtenAt, level = "info", message }, index) => {
    const { text, truncated } = harmless(message);
    const loggedMs = writtenAt === undefined ? null : acceptInstant(writtenAt, `${at}/${index}/at`);
    return { loggedMs, level, message: text, truncated };
  });
}

/** A duration of a request within its bounds; 0s is one where nothing to wait for makes sense. */
export function durationBetween(name: string, text: string, leastMs: number, mostMs: number): number {
  const pointer = `/${name}`;
  const ms = leastMs === 0 && /^0(ms|s|m|h)?$/.test(text) ? 0 : asFault(() => parseDuration(text), pointer);
  if (ms >= leastMs && ms <= mostMs) return ms;
  const expected = `${leastMs / 1000}s to ${mostMs / 1000}s`;
  const fault: Fault = { pointer, message: `${name} is ${text}; expected ${expected}.`, found: text, expected };
  throw new PunctualError("duration_invalid", fault.message, { faults: [fault] });
}
