import { timingSafeEqual } from "node:crypto";
import type { Cipher } from "./secrets.ts";

/** What a lease gives its worker in hand: who holds the run, in which attempt, and how far beats may extend it. Times in epoch ms of the database. */
export type LeaseGrant = { holder: number; attempt: number; leasedMs: number; leaseMs: number; endsMs: number };
/** What a webhook brings its receiver: the right to complete this attempt until then. */
export type CompletionGrant = { tenantId: number; attempt: number; expiresMs: number };

/** 128 bits of the code: more than anyone can try against a server. */
const macBytes = 16;

/**
 * The token of a lease. It carries its facts itself, so that a beat of a hundred runs reads nothing; the code binds them to the run and the tenant, so that a
 * token is worth nothing elsewhere and cannot be guessed.
 */
export function leaseToken(cipher: Cipher, tenantId: number, runId: string, grant: LeaseGrant): string {
  const { holder, attempt, leasedMs, leaseMs, endsMs } = grant;
  return sealed(cipher, "lease", `${tenantId}/${runId}`, [-holder, attempt, leasedMs, leaseMs, endsMs]);
}

/** Null for a token that this installation did not make for this run. */
export function readLeaseToken(cipher: Cipher, tenantId: number, runId: string, token: string): LeaseGrant | null {
  const facts = opened(cipher, "lease", `${tenantId}/${runId}`, token, 5);
  if (facts === null) return null;
  const [holder, attempt, leasedMs, leaseMs, endsMs] = facts as [number, number, number, number, number];
  return { holder: -holder, attempt, leasedMs, leaseMs, endsMs };
}

/** The token of one attempt of an accepted webhook, which its receiver shows instead of a key. */
export function completionToken(cipher: Cipher, runId: string, { tenantId, attempt, expiresMs }: CompletionGrant): string {
  return sealed(cipher, "completion", runId, [tenantId, attempt, expiresMs]);
}

/** Null for a token that this installation did not make for this run. Whether its time is over, the database's clock decides. */
export function readCompletionToken(cipher: Cipher, runId: string, token: string): CompletionGrant | null {
  const facts = opened(cipher, "completion", runId, token, 3);
  if (facts === null) return null;
  const [tenantId, attempt, expiresMs] = facts as [number, number, number];
  return { tenantId, attempt, expiresMs };
}

function sealed(cipher: Cipher, kind: string, context: string, facts: readonly number[]): string {
  const text = facts.map((fact) => Math.round(fact).toString(36)).join(".");
  return `${text}.${macOf(cipher, kind, context, text).toString("base64url")}`;
}

function opened(cipher: Cipher, kind: string, context: string, token: string, count: number): number[] | null {
  const at = token.lastIndexOf(".");
  const text = token.slice(0, Math.max(0, at));
  const given = Buffer.from(token.slice(at + 1), "base64url");
  const expected = macOf(cipher, kind, context, text);
  if (given.byteLength !== macBytes || !timingSafeEqual(given, expected)) return null;
  const facts = text.split(".").map((fact) => Number.parseInt(fact, 36));
  return facts.length === count ? facts : null;
}

function macOf(cipher: Cipher, kind: string, context: string, text: string): Buffer {
  return cipher.mac(`${kind}/${context}/${text}`).subarray(0, macBytes);
}
