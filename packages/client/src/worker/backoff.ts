import { PunctualApiError } from "../api-error.ts";

const firstMs = 200;
const longestMs = 10_000;

/**
 * How long to wait before the same is tried again: after Retry-After, or else anywhere up to 200 ms, 400 ms, ... 10 s, so that workers that lost their server
 * together do not come back together.
 *
 * @param failures in a row, from 1
 */
export function backoffMs(error: unknown, failures: number): number {
  const askedMs = error instanceof PunctualApiError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(askedMs, Math.random() * Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 10)));
}

/** Resolves after `ms`, or as soon as the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}
