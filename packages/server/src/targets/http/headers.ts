import type { AttemptRequest } from "../port.ts";
import { signWebhook } from "./sign.ts";
import { type HttpTargetSpec, isReservedHeader } from "./spec.ts";

/** A header value that needs no encoding. Longer names than any job can have are no concern here. */
const headerSafe = /^[\x20-\x7e]+$/;

/**
 * The request's headers as undici's flat list of names and values: the job's own, then Punctual's. `attemptAtMs` is the time of this attempt and not of the
 * occurrence, since receivers refuse old timestamps: a run retried for an hour must not look like a replay.
 *
 * `idempotency-key` is the bare run id. The IETF draft wants a quoted string, but most receivers in the field compare or validate the value as it stands, and
 * some insist on a UUID; quotes would fail there, while a reader of the draft that refuses the bare form has `webhook-id`.
 */
export function requestHeaders(request: AttemptRequest<HttpTargetSpec>, attemptAtMs: number, userAgent: string): string[] {
  const headers: string[] = [];
  let ownContentType = false;
  let ownUserAgent = false;
  for (const [name, value] of Object.entries(request.target.headers ?? {})) {
    // Refused when the job was made. Left out here as well, because a name may become reserved after that.
    if (isReservedHeader(name)) continue;
    const lower = name.toLowerCase();
    ownContentType ||= lower === "content-type";
    ownUserAgent ||= lower === "user-agent";
    headers.push(name, value);
  }
  if (request.contentType !== null && !ownContentType) headers.push("content-type", request.contentType);
  if (!ownUserAgent) headers.push("user-agent", userAgent);
  const timestampSeconds = Math.floor(attemptAtMs / 1000);
  headers.push("webhook-id", request.runId, "webhook-timestamp", String(timestampSeconds));
  if (request.signingSecrets.length > 0)
    headers.push(
      "webhook-signature",
      signWebhook(request.signingSecrets, { id: request.runId, timestampSeconds, body: request.payload ?? "" }),
    );
  headers.push("punctual-job-id", request.jobId);
  if (request.jobName !== null && headerSafe.test(request.jobName)) headers.push("punctual-job-name", request.jobName);
  headers.push("punctual-attempt", String(request.attempt), "punctual-nominal-time", new Date(request.nominalAt).toISOString());
  if (request.completion !== null) headers.push("punctual-completion-token", request.completion.token);
  if (request.completion?.url) headers.push("punctual-completion-url", request.completion.url);
  headers.push("traceparent", request.traceparent, "idempotency-key", request.idempotencyKey, "accept-encoding", "identity");
  return headers;
}
