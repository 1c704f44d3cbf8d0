import type { Target } from "@punctual/contract";
import { LRUCache } from "lru-cache";
import { signsWithOwnSecret } from "../model/job-definition.ts";
import type { Database } from "../store/database.ts";
import { gathered } from "../store/gathering.ts";
import { type Cipher, jobSigningSecret, readSecrets, type SecretKey, tenantSigningSecret } from "../store/secrets.ts";

/** A rotated secret signs on every node within this time. */
const ttlMs = 30_000;
const maxEntries = 10_000;

/** A look begins so many runs at the most. */
const mostTogether = 1_000;
/** The engine asks, not a tenant. */
const everyone = 0;

/** The secrets that sign a job's webhooks, newest first: its own, or its tenant's. */
export function createSigningSecrets(
  db: Database,
  cipher: Cipher,
): (tenantId: number, jobId: string, target: Target) => readonly string[] | Promise<readonly string[]> {
  // A herd of 1,000 tenants asked 1,000 times, and held up every statement of the engine for a second.
  const readTogether = gathered<SecretKey, string[]>(mostTogether, (on, _group, keys) => readSecrets(on, cipher, keys));
  const cache = new LRUCache<string, readonly string[]>({
    max: maxEntries,
    ttl: ttlMs,
    fetchMethod: (key) => {
      const at = key.indexOf("/");
      return readTogether(db, everyone, { tenantId: Number(key.slice(0, at)), name: key.slice(at + 1) });
    },
  });
  return (tenantId, jobId, target) => {
    const key = `${tenantId}/${signsWithOwnSecret(target) ? jobSigningSecret(jobId) : tenantSigningSecret}`;
    return cache.get(key) ?? cache.fetch(key).then((secrets) => secrets ?? []);
  };
}
