import { type Fault, PunctualError, type PutQueueBody } from "@punctual/contract";
import { durationWithin } from "./job-definition.ts";

/** Limits of a queue; null for none. `burst` is how many may begin at once after a rest. */
export type QueueLimits = {
  concurrency: number | null;
  keyConcurrency: number | null;
  rate: { limit: number; periodMs: number; burst: number } | null;
};

const secondMs = 1_000;
const dayMs = 86_400_000;

/**
 * The limits that a body asks for, with defaults filled in.
 *
 * @throws PunctualError request_invalid for a zero, duration_invalid for the period
 */
export function acceptQueueLimits({ concurrency = null, keyConcurrency = null, rate = null }: PutQueueBody): QueueLimits {
  const numbers = {
    "/concurrency": concurrency,
    "/keyConcurrency": keyConcurrency,
    "/rate/limit": rate?.limit,
    "/rate/burst": rate?.burst,
  };
  const faults = Object.entries(numbers).flatMap(([pointer, number]) => (number === 0 ? [zero(pointer)] : []));
  if (faults.length > 0) throw new PunctualError("request_invalid", "A limit of 0 would hold every run for ever.", { faults });
  if (!rate) return { concurrency, keyConcurrency, rate: null };
  const periodMs = durationWithin("rate/period", rate.period, secondMs, secondMs, dayMs);
  return { concurrency, keyConcurrency, rate: { limit: rate.limit, periodMs, burst: rate.burst ?? rate.limit } };
}

function zero(pointer: string): Fault {
  const remedy = "To begin none of its runs, pause the queue: POST /v1/queues/{name}/pause. For no limit, leave it out.";
  return { pointer, message: "must be at least 1", found: "0", expected: "at least 1", remedy };
}
