export type Lag = { count: number; p50: number; p99: number; p999: number; max: number };

/** Percentiles by nearest rank, so that each is a lag that was really seen; null without any. */
export function lagOf(valuesMs: readonly number[]): Lag | null {
  if (valuesMs.length === 0) return null;
  const sorted = [...valuesMs].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}
