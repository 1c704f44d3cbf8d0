import { type VerifiedWebhook, verifyWebhook, WebhookVerificationError } from "../webhook.ts";
import type { WebhookHeaders } from "../webhook-headers.ts";

/** A run whose webhook was verified, with what it was sent. */
export type ReceivedRun = VerifiedWebhook & {
  /** The body as text; "" when there was none. */
  body: string;
  /** The payload that was sent as JSON. Throws SyntaxError for a body that is none, which fails the attempt. */
  json(): unknown;
};

/** What `onRun` returns when it has only taken the run on: it is completed later, with `completeRun` and the run's `completion`. */
export const accepted: { readonly accepted: true } = { accepted: true };

/** What a receiver of webhooks is made of, whatever the framework. */
export type ReceiverOptions = {
  /** The signing secrets that are valid now, `whsec_...`; two while one is being replaced. */
  secrets: readonly string[];
  /**
   * Makes the run's effect. When it resolves the attempt has succeeded; a text that it returns is kept with the attempt as its output. When it rejects the
   * answer is 500 and the run's retry policy applies. Returns `accepted` for a run that is to be completed later, once that is safely written down.
   */
  onRun(run: ReceivedRun): Promise<OnRunAnswer> | OnRunAnswer;
  /**
   * Whether the effect of this run was made already; then `onRun` is not called and the attempt succeeds. Recording it is `onRun`'s part, in the transaction of
   * the effect itself: recorded any earlier, a crash between the two loses the effect, any later doubles it. Default: no run was.
   */
  seen?(runId: string): Promise<boolean> | boolean;
  /** As in `verifyWebhook`: how far the attempt's time may lie from now, in seconds. Default 300. */
  toleranceSeconds?: number;
};

export type OnRunAnswer = string | void | typeof accepted;

/** What to answer: 200 with the output, 202 for a run that was accepted, 204 without an output, 401 with the reason of the refusal. */
export type ReceiverAnswer = { status: 200 | 202 | 204 | 401; body: string };

/** Takes one request; rejects with what `onRun` or `seen` rejected with. */
export type Receive = (headers: WebhookHeaders, body: string | Uint8Array) => Promise<ReceiverAnswer>;

/**
 * Verifies webhooks and hands each run on. Attempts of one run that meet in this process, because the first took longer than its timeout, share one call of
 * `onRun`; across processes only `seen` and the transaction behind it can tell.
 *
 * @throws TypeError for secrets that make no sense, here and not at the first webhook
 */
export function createReceive(options: ReceiverOptions): Receive {
  checkSecrets(options.secrets);
  const underWay = new Map<string, Promise<ReceiverAnswer>>();
  return async (headers, body) => {
    const { secrets, toleranceSeconds } = options;
    let webhook: VerifiedWebhook;
    try {
      webhook = verifyWebhook({ secrets, headers, body, toleranceSeconds });
    } catch (error) {
      if (error instanceof WebhookVerificationError) return { status: 401, body: error.reason };
      throw error;
    }
    // A completion is good for its own attempt only, so that each attempt has to be taken on.
    const key = webhook.completion === null ? webhook.runId : `${webhook.runId}/${webhook.attempt}`;
    const answer = underWay.get(key) ?? takeRun(options, webhook, body).finally(() => underWay.delete(key));
    underWay.set(key, answer);
    return answer;
  };
}

async function takeRun({ onRun, seen }: ReceiverOptions, webhook: VerifiedWebhook, body: string | Uint8Array): Promise<ReceiverAnswer> {
  if (seen !== undefined && (await seen(webhook.runId))) return { status: 204, body: "" };
  const text = typeof body === "string" ? body : Buffer.from(body).toString("utf8");
  const output = await onRun({ ...webhook, body: text, json: () => JSON.parse(text) as unknown });
  if (output === accepted) {
    // Its 202 would be taken for the run's success.
    if (webhook.completion === null)
      throw new TypeError("the run cannot be completed later: its job's target does not say completion: callback");
    return { status: 202, body: "" };
  }
  return typeof output === "string" ? { status: 200, body: output } : { status: 204, body: "" };
}

/** Asks for a verification that must fail: with a refusal of the empty request, or with the TypeError of a secret that is none. */
function checkSecrets(secrets: readonly string[]): void {
  try {
    verifyWebhook({ secrets, headers: {}, body: "" });
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
  }
}
