import type { Target } from "@punctual/contract";
import { LRUCache } from "lru-cache";
import { signsWithOwnSecret } from "../model/job-definition.ts";
import type { Database } from "../store/database.ts";
import { type Cipher, jobSigningSecret, readSecret, tenantSigningSecret } from "../store/secrets.ts";

/** A rotated secret signs on every node within this time. */
const ttlMs = 30_000;
const maxEntries = 10_000;

/** The secrets that sign a job's webhooks, newest first: its own, or its tenant's. */
export function createSigningSecrets(
  db: Database,
  cipher: Cipher,
): (tenantId: number, jobId: string, target: Target) => readonly string[] | Promise<readonly string[]> {
  const cache = new LRUCache<string, readonly string[]>({
    max: maxEntries,
    ttl: ttlMs,
    fetchMethod: (key) => {
      const at = key.indexOf("/");
      return readSecret(db, cipher, Number(key.slice(0, at)), key.slice(at + 1));
    },
  });
  return (tenantId, jobId, target) => {
    const key = `${tenantId}/${signsWithOwnSecret(target) ? jobSigningSecret(jobId) : tenantSigningSecret}`;
    return cache.get(key) ?? cache.fetch(key).then((secrets) => secrets ?? []);
  };
}
