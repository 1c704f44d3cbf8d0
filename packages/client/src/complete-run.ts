import type { CompletedRun, CompleteRunBody } from "@punctual/contract";
import { createCall } from "./call.ts";
import type { Completion } from "./webhook.ts";

export type CompleteRunOptions = {
  /** Where Punctual is, such as `https://punctual.example.com`. Default: what the webhook said; needed when it said nothing (`PUNCTUAL_PUBLIC_URL`). */
  baseUrl?: string;
  /** For one try, from connect to the last byte. Default 30,000. */
  timeoutMs?: number;
  /** Default: the global fetch. */
  fetch?: typeof fetch;
};

/**
 * Completes a run whose webhook was answered with 202, or tells how far it is: without an `outcome` only `progress` and `message` are told, and the run goes on.
 *
 * @param completion as the webhook brought it; plain data, to be kept with the work. Its token is a secret
 * @returns what the run is now; `waiting` after a failure that is followed by another attempt
 * @throws PunctualApiError: `lease_lost` when the attempt is over (completed, timed out, cancelled) and nothing was changed. Also when the answer to the
 * same completion got lost: then it was this one
 * @throws TypeError when nobody says where Punctual is
 */
export async function completeRun(completion: Completion, told: CompleteRunBody, options: CompleteRunOptions = {}): Promise<CompletedRun> {
  const { runId, token } = completion;
  const { baseUrl = baseOf(completion), ...rest } = options;
  return createCall({ ...rest, baseUrl, apiKey: token })("completeRun", { params: { runId }, body: told });
}

function baseOf({ runId, url }: Completion): string {
  if (url === null)
    throw new TypeError("the webhook did not say where to complete its run: give baseUrl, or set PUNCTUAL_PUBLIC_URL at the server");
  const path = `/v1/runs/${runId}/complete`;
  if (!url.endsWith(path)) throw new TypeError(`the webhook's Punctual-Completion-Url does not end with ${path}`);
  return url.slice(0, -path.length);
}
