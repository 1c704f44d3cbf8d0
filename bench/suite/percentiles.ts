import { build } from "hdr-histogram-js";

/** In milliseconds, three digits exact. */
export type Percentiles = { p50: number; p95: number; p99: number; p999: number; max: number; mean: number };

/** An hour: what is later than that says nothing but "very late". */
const highestUs = 3_600_000_000;

/**
 * Percentiles of times in ms, each with how often it was seen; null without any. What is before its time counts as 0: node and database estimate each
 * other's clock.
 */
export function percentilesOf(times: Iterable<readonly [ms: number, count: number]>): Percentiles | null {
  const histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: highestUs, numberOfSignificantValueDigits: 3 });
  for (const [ms, count] of times) histogram.recordValueWithCount(Math.min(highestUs, Math.max(0, Math.round(ms * 1_000))), count);
  if (histogram.totalCount === 0) return null;
  const at = (percentile: number): number => Math.round(histogram.getValueAtPercentile(percentile) / 10) / 100;
  return { p50: at(50), p95: at(95), p99: at(99), p999: at(99.9), max: at(100), mean: Math.round(histogram.mean / 10) / 100 };
}
