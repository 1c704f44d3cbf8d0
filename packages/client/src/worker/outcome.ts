import type { CompleteRequest } from "@punctual/contract";
import { FailedRunError, NonRetryableError, RetryLaterError } from "./errors.ts";
import type { HeldRun } from "./held-run.ts";

export type Result = CompleteRequest["results"][number];

/** What the server keeps of an output or an error; more need not be sent. */
const keptChars = 16 * 1024 + 1;
const longestMs = 24 * 3_600_000;

/** What a handler's return value says of the run. Text is its output; any other value is, as JSON. */
export function succeeded({ lease: { runId, leaseToken } }: HeldRun, value: unknown): Result {
  const output = typeof value === "string" ? value : JSON.stringify(value);
  return { runId, leaseToken, outcome: "succeeded", ...(output !== undefined && { output: output.slice(0, keptChars) }) };
}

/** What a handler's error says of the run: cancelled when its end was asked for, else failed. */
export function failed(held: HeldRun, thrown: unknown): Result {
  const { runId, leaseToken } = held.lease;
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  const error = text.slice(0, keptChars);
  const shown = thrown instanceof FailedRunError ? { output: thrown.output.slice(0, keptChars) } : {};
  if (held.aborted() === "cancelled") return { runId, leaseToken, outcome: "cancelled", error, ...shown };
  const delayMs = thrown instanceof RetryLaterError ? Math.round(Math.min(longestMs, thrown.delayMs)) : 0;
  return {
    ...{ runId, leaseToken, outcome: "failed", error, ...shown },
    ...(thrown instanceof NonRetryableError && { retryable: false }),
    ...(delayMs > 0 && { retryAfter: `${delayMs}ms` }),
  };
}
