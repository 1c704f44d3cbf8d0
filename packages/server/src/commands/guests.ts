import type { Fault, Target } from "@punctual/contract";

/** What commands may ask of the targets, which they never call. */
export type Guests = {
  /** Faults of a target that its schema cannot see; pointers into the job. */
  check(target: Target): readonly Fault[];
  /** The key of fairness, `https://host:port` for a webhook. */
  originOf(target: Target): string;
};
