import { Agent } from "undici";
import type { AttemptOutcome, AttemptRequest, CancelSignal, Target } from "../port.ts";
import { checkHttpTarget } from "./check.ts";
import { describeRequest } from "./describe.ts";
import { beginExchange, type Exchange } from "./exchange.ts";
import { requestHeaders } from "./headers.ts";
import { createSockets } from "./sockets.ts";
import type { HttpTargetSpec } from "./spec.ts";

/** After this a connection attempt is given up even if the run's deadline is later: it cannot be cancelled, and it fills a place among the origin's. */
const connectTimeoutMs = 10_000;

export type HttpTargetOptions = {
  /** Epoch milliseconds; the signature's timestamp, and what dates in `Retry-After` are compared with. */
  now: () => number;
  /** Of Punctual, for `user-agent`. */
  version: string;
  /**
   * Open connections to one origin; attempts beyond it wait for one, within their deadline. Too few, and a slow receiver delays its own runs; too many, and a
   * herd of jobs becomes a herd of connections. Defaults to 256.
   */
  connectionsPerOrigin?: number;
};

/** The webhook target. README.md in this folder says what goes over the wire and how answers are judged. */
export function createHttpTarget({ now, version, connectionsPerOrigin = 256 }: HttpTargetOptions): Target<HttpTargetSpec> {
  const sockets = createSockets(connectTimeoutMs);
  const agent = new Agent({
    connect: sockets.connect,
    connections: connectionsPerOrigin,
    pipelining: 1,
    // One deadline covers the whole exchange; these two would only cover its parts, each anew.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const userAgent = `Punctual/${version}`;
  const going = new Set<Exchange>();
  let closed = false;

  const begin = (request: AttemptRequest<HttpTargetSpec>, signal: CancelSignal): Exchange => {
    const { target, payload, timeoutMs, completion } = request;
    const url = new URL(target.url);
    return beginExchange(
      agent,
      {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: target.method ?? "POST",
        headers: requestHeaders(request, now(), userAgent),
        body: payload,
      },
      { timeoutMs, signal, now, mayAccept: completion !== null },
    );
  };

  return {
    type: "http",
    check: checkHttpTarget,
    originOf: (spec) => new URL(spec.url).origin,
    describe: (attempt, startedMs) => describeRequest(attempt, startedMs, userAgent),
    async attempt(request, signal) {
      if (closed) return notSent("cancelled", "cancelled before the request was sent: the node stops");
      let exchange: Exchange;
      try {
        exchange = begin(request, signal);
      } catch (error) {
        // A row from before a check was made stricter, or a defect. Either way the run must end with a reason, not the engine's loop.
        return notSent("internal", `the request cannot be made: ${error instanceof Error ? error.message : String(error)}`);
      }
      going.add(exchange);
      const outcome = await exchange.ended;
      going.delete(exchange);
      return outcome;
    },
    async close() {
      if (closed) return;
      closed = true;
      for (const exchange of going) exchange.cancel();
      await agent.destroy();
      sockets.destroyAll();
    },
  };
}

function notSent(failureClass: "cancelled" | "internal", message: string): AttemptOutcome {
  return {
    ok: false,
    failureClass,
    statusCode: null,
    message,
    output: null,
    outputTruncated: false,
    retryAfterMs: null,
    retryForbidden: false,
    mayHaveBeenSeen: false,
  };
}
