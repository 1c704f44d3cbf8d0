import { type Fault, type ForecastRequest, limits, PunctualError } from "@punctual/contract";
import { type ForecastInput, type ForecastSchedule, parseDuration } from "@punctual/schedule";
import type { JobDefinition } from "./job-definition.ts";
import { acceptInstant, asFault, parserSpec } from "./job-schedule.ts";

const dayMs = 86_400_000;

/**
 * The stretch of time a forecast is wanted for, in whole buckets.
 *
 * @throws PunctualError request_invalid for one that is empty or too large, duration_invalid, instant_invalid
 */
export function acceptForecast({ from, to, bucket = "1m" }: ForecastRequest, nowMs: number): ForecastInput {
  const bucketMs = asFault(() => parseDuration(bucket), "/bucket");
  if (bucketMs < 1_000) throw refused("/bucket", bucket, "at least 1s");
  const askedMs = from === undefined ? nowMs : acceptInstant(from, "/from");
  const fromMs = Math.floor(askedMs / bucketMs) * bucketMs;
  const toMs = to === undefined ? fromMs + dayMs : acceptInstant(to, "/to");
  if (toMs <= fromMs) throw refused("/to", String(to), "a time after the begin");
  if (toMs - fromMs > limits.forecastDays * dayMs + bucketMs) throw refused("/to", String(to), `at most ${limits.forecastDays} days`);
  const buckets = Math.ceil((toMs - fromMs) / bucketMs);
  if (buckets > limits.forecastBuckets)
    throw refused("/bucket", `${buckets} buckets`, `at most ${limits.forecastBuckets}: longer buckets, or a shorter time`);
  return { fromMs, bucketMs, buckets };
}

/** What a job adds to a forecast. `nextMs` is its next occurrence, null while it waits for the end of a run. */
export function forecastOf(
  definition: JobDefinition,
  job: { jobId: string; nextMs: number | null; fired: number },
  nowMs: number,
): ForecastSchedule {
  const { spread, jitter, maxRuns } = definition;
  return {
    spec: parserSpec(definition),
    hashSeed: job.jobId,
    ...(spread !== undefined && { spreadMs: parseDuration(spread) }),
    ...(jitter !== undefined && { jitterMs: parseDuration(jitter) }),
    ...(maxRuns !== undefined && { left: { count: Math.max(0, maxRuns - job.fired), fromMs: job.nextMs ?? nowMs } }),
  };
}

function refused(pointer: string, found: string, expected: string): PunctualError {
  const message = `${pointer.slice(1)}: found ${found}, expected ${expected}.`;
  const fault: Fault = { pointer, message, found, expected };
  return new PunctualError("request_invalid", message, { faults: [fault] });
}
