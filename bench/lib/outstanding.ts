import { obligationsOf } from "./expected.ts";
import { type ArrivalFact, type JobFact, occurrenceKey } from "./history.ts";

export type Outstanding = {
  saw(arrivals: readonly ArrivalFact[]): void;
  /** How many required occurrences have not arrived. */
  left(): number;
};

/** The occurrences that had to arrive until a time and have not yet; tells when to stop waiting, the checker judges. */
export function outstandingOf(jobs: readonly JobFact[], endMs: number): Outstanding {
  const { occurrences } = obligationsOf(jobs, endMs, endMs);
  const keys = new Set([...occurrences].filter(([, expected]) => expected.required).map(([key]) => key));
  return {
    saw: (arrivals) => arrivals.forEach((arrival) => keys.delete(occurrenceKey(arrival.jobId, arrival.nominalMs))),
    left: () => keys.size,
  };
}
