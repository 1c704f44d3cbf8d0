import type { Cipher } from "../store/secrets.ts";
import { completionToken } from "../store/tokens.ts";
import type { CompletionOffer } from "../targets/port.ts";

/** The database's clock ends the attempt itself; the token only must not be over before, however far a node's clock lies from it. */
const tokenSlackMs = 3_600_000;

/** What a request brings its receiver so that the attempt can be completed later. Made for each attempt and kept nowhere: the token carries its facts itself. */
export type OfferCompletion = (attempt: { tenantId: number; runId: string; attempt: number; endsMs: number }) => CompletionOffer;

/** @param publicUrl under which receivers reach the API, without a slash at its end; null when nobody said */
export function createOfferCompletion(cipher: Cipher, publicUrl: string | null): OfferCompletion {
  return ({ tenantId, runId, attempt, endsMs }) => ({
    token: completionToken(cipher, runId, { tenantId, attempt, expiresMs: endsMs + tokenSlackMs }),
    url: publicUrl === null ? null : `${publicUrl}/v1/runs/${runId}/complete`,
  });
}
