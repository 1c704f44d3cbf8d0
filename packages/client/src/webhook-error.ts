/** Why a webhook was refused. */
export type WebhookRefusal =
  /** A header that every webhook of Punctual carries is not there: another sender, or a proxy that strips headers. */
  | "missing_header"
  /** A header has a value that Punctual does not send. */
  | "invalid_header"
  /** Signed longer ago than the tolerance: a replay, or a clock that is wrong at one end. */
  | "timestamp_too_old"
  /** Signed in the future beyond the tolerance: a clock that is wrong at one end. */
  | "timestamp_in_future"
  /** None of the signatures fits: another secret, or a body that was changed or parsed on its way. */
  | "signature_mismatch";

/** A request that must not be taken for a webhook of Punctual. Answer it with 401; the message is for your log and holds no secret. */
export class WebhookVerificationError extends Error {
  readonly reason: WebhookRefusal;

  constructor(reason: WebhookRefusal, message: string) {
    super(message);
    this.name = "WebhookVerificationError";
    this.reason = reason;
  }
}
