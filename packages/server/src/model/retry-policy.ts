import { type Fault, type Job, PunctualError, type RetryableClass, type RetryBody } from "@punctual/contract";
import { formatDuration, parseDuration } from "@punctual/schedule";
import { asFault } from "./job-schedule.ts";
import type { RetryPolicy } from "./retry.ts";

const secondMs = 1_000;
const dayMs = 86_400_000;

/** Five retries over about half an hour: ceilings of 5 s, 15 s, 45 s, 2 min 15 s, 6 min 45 s. */
export const retryDefaults = {
  attempts: 6,
  backoff: "exponential",
  baseDelay: "5s",
  factor: 3,
  maxDelay: "1h",
  jitter: "full",
  /** Failures that another try may heal: the network, an overloaded or broken target, a lost node. */
  classes: [
    "timeout",
    "connection_refused",
    "connection_reset",
    "dns",
    "tls",
    "lost",
    "internal",
    "worker_error",
  ] satisfies RetryableClass[] as RetryableClass[],
  statusCodes: [408, 425, 429, "5xx"] as (number | "4xx" | "5xx")[],
} as const;

/** Which backoffs each of these shapes; given with another it would be ignored, so it is refused. */
const shapedBy = { baseDelay: ["exponential", "linear", "fixed"], factor: ["exponential"], maxDelay: ["exponential", "linear"] } as const;

/** One for all jobs that say nothing, which is most of them: a policy of its own would make each definition that a node keeps in memory half as large again. */
const policyByDefault = parsePolicy({});

/**
 * The policy that a job's `retry` means, with defaults filled in.
 *
 * @throws PunctualError with the field at fault: duration_invalid, or request_invalid for fields that contradict each other
 */
export function retryPolicyOf(retry?: RetryBody): RetryPolicy {
  return retry === undefined ? policyByDefault : parsePolicy(retry);
}

function parsePolicy(retry: RetryBody): RetryPolicy {
  refuseContradictions(retry);
  const view = viewOf(retry);
  const { attempts, jitter, backoff } = view;
  return {
    attempts,
    jitter,
    backoff: typeof backoff === "string" ? ruleOf(view, backoff) : backoff.map((text, index) => delayMs(`backoff/${index}`, text)),
    deadlineMs: view.deadline === undefined ? null : delayMs("deadline", view.deadline, 30 * dayMs),
    classes: new Set(view.retryOn.classes),
    statusCodes: new Set(view.retryOn.statusCodes),
  };
}

const viewByDefault = viewOf({});

/** A job's `retry` as the wire shows it: defaults filled in, and only the fields that its backoff uses. One for all that say nothing. */
export function retryView(retry?: RetryBody): Job["retry"] {
  return retry === undefined ? viewByDefault : viewOf(retry);
}

function viewOf(retry: RetryBody): Job["retry"] {
  const { backoff = retryDefaults.backoff, deadline, retryOn } = retry;
  const isList = typeof backoff !== "string";
  const shape = (["baseDelay", "factor", "maxDelay"] as const).filter((field) => !isList && isShapedBy(field, backoff));
  return {
    attempts: retry.attempts ?? (isList ? backoff.length + 1 : retryDefaults.attempts),
    backoff,
    ...Object.fromEntries(shape.map((field) => [field, retry[field] ?? retryDefaults[field]])),
    // A list is explicit: whoever writes 1m, 5m, 1h means it.
    jitter: retry.jitter ?? (isList ? "none" : retryDefaults.jitter),
    ...(deadline !== undefined && { deadline }),
    retryOn: { classes: retryOn?.classes ?? retryDefaults.classes, statusCodes: retryOn?.statusCodes ?? retryDefaults.statusCodes },
  };
}

function isShapedBy(field: keyof typeof shapedBy, backoff: string): boolean {
  return (shapedBy[field] as readonly string[]).includes(backoff);
}

function ruleOf(view: Job["retry"], kind: "exponential" | "linear" | "fixed"): Exclude<RetryPolicy["backoff"], readonly number[]> {
  const baseMs = delayMs("baseDelay", view.baseDelay ?? retryDefaults.baseDelay);
  const capMs = kind === "fixed" ? baseMs : delayMs("maxDelay", view.maxDelay ?? retryDefaults.maxDelay);
  if (capMs >= baseMs) return { kind, baseMs, factor: view.factor ?? retryDefaults.factor, capMs };
  throw refused({
    pointer: "/retry/maxDelay",
    message: `maxDelay is ${formatDuration(capMs)}, shorter than baseDelay, ${formatDuration(baseMs)}.`,
    expected: `${formatDuration(baseMs)} or longer`,
  });
}

function refuseContradictions(retry: RetryBody): void {
  const { backoff = retryDefaults.backoff } = retry;
  const kind = typeof backoff === "string" ? backoff : "list";
  for (const field of ["baseDelay", "factor", "maxDelay"] as const) {
    if (retry[field] === undefined || isShapedBy(field, kind)) continue;
    const message = `${field} means nothing with ${kind === "list" ? "a list of delays" : `backoff ${kind}`}.`;
    throw refused({ pointer: `/retry/${field}`, message, remedy: `Leave it out, or use backoff ${shapedBy[field].join(", ")}.` });
  }
}

function delayMs(field: string, text: string, mostMs = dayMs): number {
  const pointer = `/retry/${field}`;
  const ms = asFault(() => parseDuration(text), pointer);
  if (ms >= secondMs && ms <= mostMs) return ms;
  const expected = `${formatDuration(secondMs)} to ${formatDuration(mostMs)}`;
  const message = `retry/${field} is ${text}; expected ${expected}.`;
  throw new PunctualError("duration_invalid", message, { faults: [{ pointer, message, found: text, expected }] });
}

function refused(fault: Fault): PunctualError {
  return new PunctualError("request_invalid", fault.message, { faults: [fault] });
}
