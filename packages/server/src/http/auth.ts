import { PunctualError, type Scope } from "@punctual/contract";
import { LRUCache } from "lru-cache";
import { parseApiKey, secretMatches } from "../store/api-key-format.ts";
import { type ApiKey, findApiKey } from "../store/api-keys.ts";
import type { Queryable } from "../store/database.ts";
import type { Cipher } from "../store/secrets.ts";
import { readCompletionToken } from "../store/tokens.ts";

/** Who asks. The tenant comes from the key and from nowhere else. */
export type Caller = {
  tenantId: number;
  keyId: string;
  keyName: string;
  /** Instead of a key's rights: what the token of a webhook is good for. */
  completion?: { attempt: number; expiresMs: number };
};

/** @throws PunctualError unauthorized, forbidden */
export type Authenticate = (authorization: string | undefined, scope: Scope) => Promise<Caller>;

/** A key that was revoked or has expired works for at most this long on nodes that have it at hand. */
const cacheMs = 5_000;
/** About 3 MB. More callers than this cost a look-up each, nothing else. */
const cachedKeys = 10_000;

/**
 * Tells who a request comes from by its `Authorization: Bearer pct_...` header.
 *
 * Ids that do not exist are remembered like those that do, and their secret is hashed and compared all the same: neither the answer nor its time tells
 * which ids exist. Requests that ask for the same id at once share one look-up.
 */
export function createAuthenticator(db: Queryable): Authenticate {
  const cache = new LRUCache<string, { key: ApiKey | null }>({
    max: cachedKeys,
    ttl: cacheMs,
    fetchMethod: async (keyId) => ({ key: await findApiKey(db, keyId) }),
  });
  return async (authorization, scope) => {
    const presented = parseApiKey(bearerToken(authorization));
    if (!presented) throw new PunctualError("unauthorized", "The API key is incomplete or mistyped: its checksum does not fit.");
    const found = await cache.fetch(presented.keyId);
    const key = found?.key ?? null;
    if (!secretMatches(presented.secret, key?.secretHash ?? null) || !key) {
      throw new PunctualError("unauthorized", "The API key is not known here, or was revoked.");
    }
    if (!key.scopes.includes(scope)) throw new PunctualError("forbidden", `This request needs a key with the scope ${scope}.`);
    return { tenantId: key.tenantId, keyId: key.keyId, keyName: key.name };
  };
}

/**
 * Tells who completes an accepted webhook, by the token that it brought.
 *
 * @throws PunctualError unauthorized without a token, completion_token_invalid for one that was not made for this run
 */
export function authenticateCompletion(cipher: Cipher, authorization: string | undefined, runId: string): Caller {
  const grant = readCompletionToken(cipher, runId.toLowerCase(), bearerToken(authorization));
  if (!grant) throw new PunctualError("completion_token_invalid", "This token was not made for this run.");
  const { tenantId, ...completion } = grant;
  return { tenantId, keyId: "webhook", keyName: "completion token", completion };
}

/** The token after `Bearer`. @throws PunctualError unauthorized */
function bearerToken(authorization: string | undefined): string {
  if (!authorization) throw new PunctualError("unauthorized", "The Authorization header is missing.");
  const [, token] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
  if (!token) throw new PunctualError("unauthorized", "The Authorization header is not of the form Bearer <key>.");
  return token;
}
