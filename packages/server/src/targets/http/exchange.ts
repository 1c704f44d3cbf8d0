import { STATUS_CODES } from "node:http";
import type { FailureClass } from "@punctual/contract";
import type { Dispatcher } from "undici";
import { createExcerpt } from "../excerpt.ts";
import type { AttemptOutcome, CancelSignal } from "../port.ts";
import { watchWindow } from "../window.ts";
import { classifyError } from "./failure.ts";
import { parseRetryAfter } from "./retry-after.ts";

/**
 * How much of an answer is read when only 16 KiB are kept. Reading a little more lets an ordinary page end, so that its connection can be used again; beyond
 * that a new connection is cheaper than the rest of the answer.
 */
const readBytesMax = 64 * 1024;
const acceptedStatus = 202;

/** What limits one exchange. `now` is in epoch milliseconds and serves to read `Retry-After` dates; `mayAccept`: 202 only accepts the run. */
export type ExchangeLimits = { timeoutMs: number; signal: CancelSignal; now: () => number; mayAccept: boolean };

/** Begins an exchange. `ended` never rejects; `cancel` settles it at once. */
export type Exchange = { ended: Promise<AttemptOutcome>; cancel(): void };

/**
 * One request and its answer, as an outcome, through undici's dispatch interface. `undici.request` would be shorter, but (7.30) leaves two promises unkept: an
 * abort while the connection is being made is only noticed once it is there, and nothing tells whether the request was written. A handler sees both, and
 * needs no stream per answer.
 */
export function beginExchange(dispatcher: Dispatcher, options: Dispatcher.DispatchOptions, limits: ExchangeLimits): Exchange {
  const { promise, resolve } = withResolvers<AttemptOutcome>();
  const excerpt = createExcerpt();
  let controller: Dispatcher.DispatchController | null = null;
  let statusCode: number | null = null;
  let retryAfterMs: number | null = null;
  let retryForbidden = false;
  let settled = false;
  let release = (): void => {};

  const settle = (outcome: AttemptOutcome): void => {
    settled = true;
    release();
    resolve(outcome);
  };
  const fail = (failureClass: FailureClass, message: string, complete: boolean): void =>
    settle({
      ...{ ok: false, failureClass, statusCode, message, ...excerpt.read(complete) },
      ...{ retryAfterMs, retryForbidden, mayHaveBeenSeen: controller !== null },
    });
  /** Judges the answer by its status alone; the rest of its body, if there is one, cannot change that. */
  const conclude = (status: number, complete: boolean): void => {
    const accepted = status === acceptedStatus && limits.mayAccept && { accepted: true as const };
    if (status < 300) return settle({ ok: true, statusCode: status, ...excerpt.read(complete), ...accepted });
    const answered = `answered ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
    if (status < 400) return fail("redirect", `${answered}; redirects are not followed`, complete);
    fail("http_status", answered, complete);
  };
  const giveUp = (reason: "timeout" | "cancelled"): void => {
    if (settled) return;
    let phase = "before the request was sent";
    if (controller !== null) phase = statusCode === null ? "while waiting for the answer" : "while reading the answer";
    fail(reason, reason === "timeout" ? `no complete answer within ${limits.timeoutMs} ms; stopped ${phase}` : `cancelled ${phase}`, false);
    controller?.abort(new Error(reason));
  };

  const handler: Dispatcher.DispatchHandler = {
    /** Called right before the request is written to its connection, which is what makes `mayHaveBeenSeen` certain. */
    onRequestStart(started) {
      if (settled) started.abort(new Error("given up before it was sent"));
      else controller = started;
    },
    onResponseStart(_, status, headers) {
      if (status < 200) return;
      statusCode = status;
      retryAfterMs = parseRetryAfter(headers["retry-after"], limits.now());
      retryForbidden = isTrue(headers["punctual-no-retry"]);
    },
    onResponseData(answering, chunk) {
      if (settled || statusCode === null) return;
      excerpt.add(chunk);
      if (excerpt.seenBytes <= readBytesMax) return;
      conclude(statusCode, false);
      answering.abort(new Error("the rest of the answer is not wanted"));
    },
    onResponseEnd() {
      if (!settled && statusCode !== null) conclude(statusCode, true);
    },
    onResponseError(_, error) {
      if (settled) return;
      const { failureClass, message } = classifyError(error);
      fail(failureClass, message, false);
    },
  };

  release = watchWindow(limits.signal, limits.timeoutMs, giveUp);
  if (!settled) dispatcher.dispatch(options, handler);
  return { ended: promise, cancel: () => giveUp("cancelled") };
}

/** A header that says true, in any case; whatever else it says is ignored. */
function isTrue(header: string | string[] | undefined): boolean {
  return header?.toString().trim().toLowerCase() === "true";
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
