import type { FailureClass, Fault, SentRequest } from "@punctual/contract";

/**
 * The one port behind which every target is a guest. The engine hands over an attempt and gets an outcome back; it never learns what was called, and a
 * target never learns of the store, of retries or of leases. `test/targets/conformance.ts` is the port's meaning in tests: every target passes it.
 */
export type Target<Spec> = {
  /** The `type` of the specs this target takes. */
  readonly type: string;

  /** Faults of a spec that the wire's schema cannot see, pointers relative to the spec; empty when an attempt can be made. Pure. */
  check(spec: unknown): Fault[];

  /** What fairness and breakers count together, `https://host:port` for a webhook. Pure, and never throws for a spec that passed `check`. */
  originOf(spec: Spec): string;

  /**
   * The request of an attempt as it was sent at `startedMs`, for people to read: without signature and trace, and with what sounds like a secret masked. Pure. A
   * target that calls nothing has none.
   */
  describe?(attempt: DescribedAttempt<Spec>, startedMs: number): SentRequest;

  /** Set-up that may fail, such as a broker's connection. Called once, before the first attempt. */
  start?(): Promise<void>;

  /**
   * Makes one attempt and tells how it went. Never rejects: an engine that fires thousands a second must not depend on a catch in the right place.
   * Settles soon after `signal` aborts (`cancelled`) and at the latest at `timeoutMs` (`timeout`), whatever the other side does.
   */
  attempt(request: AttemptRequest<Spec>, signal: CancelSignal): Promise<AttemptOutcome>;

  /** Ends what is still going as `cancelled` and leaves no socket or timer behind. The engine drains first; later attempts are `cancelled` too. */
  close(): Promise<void>;
};

/** As much of an AbortSignal as an attempt needs. An attempt listens once at most, and no more when it has ended. */
export type CancelSignal = {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
};

/** One try of a run, with all that a target may put on the wire. */
export type AttemptRequest<Spec = unknown> = {
  target: Spec;
  /** The same for every attempt of the run, so that the receiver can make the effect once. */
  runId: string;
  jobId: string;
  jobName: string | null;
  tenantId: number;
  /** 1 for the first. */
  attempt: number;
  /** The occurrence's nominal time, or the trigger's; epoch milliseconds. */
  nominalAt: number;
  /** The body as it goes on the wire, already serialised; null for none. */
  payload: string | null;
  /** The media type of `payload`; null when there is no payload. */
  contentType: string | null;
  /** `whsec_` secrets, newest first; each signs, so that a receiver may know the old or the new one while they are rotated. */
  signingSecrets: readonly string[];
  /** The deadline of the whole attempt, from the call to the last byte kept of the answer. */
  timeoutMs: number;
  /** W3C trace context of this attempt. */
  traceparent: string;
  /** What the receiver may take as the request's idempotency key; constant over the attempts of a run. */
  idempotencyKey: string;
  /** With what the other side may complete the run later, when it only accepts it now; null when its answer decides. */
  completion: CompletionOffer | null;
};

/** The right to complete one attempt. A secret: for the request alone, not for a log or a row. */
export type CompletionOffer = {
  token: string;
  /** Null when this installation does not know under which address others reach it. */
  url: string | null;
};

/** What of an attempt can be told from what is stored. */
export type DescribedAttempt<Spec = unknown> = Omit<
  AttemptRequest<Spec>,
  "tenantId" | "signingSecrets" | "timeoutMs" | "traceparent" | "completion"
>;

export type AttemptOutcome = AttemptSuccess | AttemptFailure;

export type AttemptSuccess = {
  ok: true;
  /** The answer's status where the protocol has one. */
  statusCode: number | null;
  /** The beginning of the answer as text that the database can hold; null when the answer was empty. */
  output: string | null;
  /** Whether the answer went on after `output`. */
  outputTruncated: boolean;
  /** The other side has only accepted the run and completes it later; never unless that was offered. */
  accepted?: true;
};

export type AttemptFailure = {
  ok: false;
  /** Any but `lost`, which only the engine can know. README.md says which class means what. */
  failureClass: FailureClass;
  statusCode: number | null;
  /** One sentence for people. Never holds a secret, a payload or what the other side wrote. */
  message: string;
  output: string | null;
  outputTruncated: boolean;
  /** How long the other side asked us to wait, in milliseconds; null when it did not. */
  retryAfterMs: number | null;
  /** Whether the other side declared that another try is of no use. */
  retryForbidden: boolean;
  /** False only when it is certain that no byte of the request left, so that the effect cannot have happened. */
  mayHaveBeenSeen: boolean;
};
