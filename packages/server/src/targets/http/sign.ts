import { createHmac } from "node:crypto";
import { PunctualError } from "@punctual/contract";

const prefix = "whsec_";

/** What is signed. `id` is the run id and has no dot, so that the signed text can be read in one way only. */
export type SignedContent = { id: string; timestampSeconds: number; body: string };

/**
 * The `webhook-signature` of Standard Webhooks 1.0: `v1,<base64 HMAC-SHA256>` of `id.timestamp.body` for each secret, joined by spaces. Throws for a secret
 * without key bytes: a receiver would accept what anyone can sign with an empty key.
 */
export function signWebhook(secrets: readonly string[], { id, timestampSeconds, body }: SignedContent): string {
  const content = `${id}.${timestampSeconds}.${body}`;
  return secrets.map((secret) => `v1,${createHmac("sha256", keyOf(secret)).update(content).digest("base64")}`).join(" ");
}

function keyOf(secret: string): Buffer {
  const key = Buffer.from(secret.startsWith(prefix) ? secret.slice(prefix.length) : secret, "base64");
  if (key.byteLength === 0) throw new PunctualError("internal", "The signing secret is not whsec_ followed by base64; rotate it.");
  return key;
}
