import type { Fault, SentRequest, Target } from "@punctual/contract";

/** An attempt that was made, as far as it shows in its request. Times in epoch ms. */
export type MadeAttempt = {
  runId: string;
  jobId: string;
  jobName: string | null;
  number: number;
  startedMs: number;
  nominalMs: number;
  /** The body as it went on the wire, and its media type; null for none. */
  payload: string | null;
  contentType: string | null;
};

/** What commands may ask of the targets, which they never call. */
export type Guests = {
  /** Faults of a target that its schema cannot see; pointers into the job. */
  check(target: Target): readonly Fault[];
  /** The key of fairness, `https://host:port` for a webhook. */
  originOf(target: Target): string;
  /** What an attempt puts on the wire, without what is secret; null for a target that is not called. */
  describe(target: Target, attempt: MadeAttempt): SentRequest | null;
};
