import type { HttpTarget } from "@punctual/contract";

/** The spec as it is stored: the member `http` of the API's target union. */
export type HttpTargetSpec = HttpTarget;

/**
 * Names that a job may not set, lower case. Some would change how the request is framed (a second `content-length` is request smuggling), some belong to the
 * connection and not to the request, and the others are Punctual's word to the receiver, which nobody may speak in its place.
 */
const reservedNames = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "idempotency-key",
  "keep-alive",
  "te",
  "traceparent",
  "tracestate",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const reservedPrefixes = ["proxy-", "punctual-", "webhook-"];

/** Whether a header name, in any case, is Punctual's or the connection's own. */
export function isReservedHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return reservedNames.has(lower) || reservedPrefixes.some((prefix) => lower.startsWith(prefix));
}
