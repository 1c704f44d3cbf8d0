import { createHmac, timingSafeEqual } from "node:crypto";
import { WebhookVerificationError } from "./webhook-error.ts";
import { createHeaderReader, type WebhookHeaders } from "./webhook-headers.ts";

export { type WebhookRefusal, WebhookVerificationError } from "./webhook-error.ts";
export type { WebhookHeaders } from "./webhook-headers.ts";

export type VerifyWebhookInput = {
  /** The signing secrets that are valid now, `whsec_...`; two while one is being replaced. */
  secrets: readonly string[];
  /** The request's headers, as node:http or fetch have them. */
  headers: WebhookHeaders;
  /** The body exactly as it came, before any parsing: JSON that was parsed and printed again has another signature. "" when there was none. */
  body: string | Uint8Array;
  /** How far the attempt's time may lie from now, either way, in seconds. Too little refuses honest senders with a slow clock, too much helps replays. Defaults to 300. */
  toleranceSeconds?: number;
  /** The time to compare with. Defaults to the present. */
  now?: Date;
};

/** Which run a verified webhook belongs to. */
export type VerifiedWebhook = {
  /** The same for every attempt of the run: remember it to make the effect once. */
  runId: string;
  jobId: string;
  /** 1 for the first. */
  attempt: number;
  /** When the run was due. */
  nominalTime: Date;
  /** With what the run may be completed later (`completeRun`), if its webhook is answered with 202; null when the answer decides. */
  completion: Completion | null;
};

/** The right to complete one attempt of a run, as plain data. */
export type Completion = {
  runId: string;
  /** A secret until the attempt's time is over. */
  token: string;
  /** Null when the server was not told its public address. */
  url: string | null;
};

/**
 * Verifies that a webhook comes from Punctual (Standard Webhooks 1.0) and tells which run it is. Throws WebhookVerificationError, whose `reason` says why not,
 * and TypeError for secrets or options that make no sense, which is a mistake at this end.
 *
 * The signature covers the run id, the attempt's time and the body. `jobId`, `attempt`, `nominalTime` and `completion` travel beside it: they are as trustworthy as the
 * connection (use https), so decide by `runId` and the body.
 */
export function verifyWebhook({ secrets, headers, body, toleranceSeconds = 300, now = new Date() }: VerifyWebhookInput): VerifiedWebhook {
  const keys = secrets.map(keyOf);
  if (keys.length === 0) throw new TypeError("no signing secret was given");
  const header = createHeaderReader(headers);
  const runId = header.required("webhook-id");
  const timestamp = header.required("webhook-timestamp");
  const signatures = header.required("webhook-signature");
  checkTimestamp(timestamp, toleranceSeconds, now);
  if (!anySignatureMatches(keys, `${runId}.${timestamp}.`, body, signatures))
    throw new WebhookVerificationError("signature_mismatch", "no signature of the request was made with one of the secrets");
  const token = header.optional("punctual-completion-token");
  return {
    runId,
    jobId: header.required("punctual-job-id"),
    attempt: header.positiveInteger("punctual-attempt"),
    nominalTime: header.instant("punctual-nominal-time"),
    completion: token === null ? null : { runId, token, url: header.optional("punctual-completion-url") },
  };
}

function checkTimestamp(timestamp: string, toleranceSeconds: number, now: Date): void {
  if (!/^\d{1,15}$/.test(timestamp)) throw new WebhookVerificationError("invalid_header", "webhook-timestamp is not a number of seconds");
  const ageSeconds = Math.floor(now.getTime() / 1000) - Number(timestamp);
  // Any comparison with NaN is false, so a mistake here would let every age pass.
  if (Number.isNaN(ageSeconds) || !(toleranceSeconds >= 0)) throw new TypeError("now must be a valid time and toleranceSeconds 0 or more");
  if (ageSeconds > toleranceSeconds) throw new WebhookVerificationError("timestamp_too_old", `the request was signed ${ageSeconds} s ago`);
  if (-ageSeconds > toleranceSeconds)
    throw new WebhookVerificationError("timestamp_in_future", `the request was signed ${-ageSeconds} s ahead of this clock`);
}

/**
 * Compares every key with every `v1` signature, without stopping at the first match, in a time that depends on their number alone. Signatures of versions this
 * code does not know are passed over, so that a sender may add one.
 */
function anySignatureMatches(keys: readonly Buffer[], signedHead: string, body: string | Uint8Array, signatures: string): boolean {
  const expected = keys.map((key) => createHmac("sha256", key).update(signedHead).update(body).digest());
  let matches = false;
  for (const entry of signatures.split(" ")) {
    if (!entry.startsWith("v1,")) continue;
    const given = Buffer.from(entry.slice("v1,".length), "base64");
    for (const signature of expected) if (given.byteLength === signature.byteLength && timingSafeEqual(given, signature)) matches = true;
  }
  return matches;
}

function keyOf(secret: string): Buffer {
  const key = Buffer.from(secret.startsWith("whsec_") ? secret.slice("whsec_".length) : secret, "base64");
  if (key.byteLength === 0) throw new TypeError("a signing secret is not whsec_ followed by base64");
  return key;
}
