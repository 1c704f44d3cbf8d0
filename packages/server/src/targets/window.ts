import type { CancelSignal } from "./port.ts";

/** setTimeout takes a signed 32-bit number and treats anything above as 1 ms. 24.8 days is beyond every timeout a job may have. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Watches over the time in which an attempt may go on: calls `onEnd` at most once, at the deadline or when the signal aborts, whichever comes first, and
 * synchronously when the signal already has. Returns the function that ends the watch; without that call the timer and the listener stay.
 *
 * Not `AbortSignal.any([signal, AbortSignal.timeout(ms)])`: it makes two signals per attempt, and its timer cannot be cleared when the attempt ends early,
 * so 3,000 runs a second with a timeout of a minute would keep 180,000 timers.
 */
export function watchWindow(signal: CancelSignal, timeoutMs: number, onEnd: (reason: "timeout" | "cancelled") => void): () => void {
  if (signal.aborted) {
    onEnd("cancelled");
    return () => {};
  }
  const release = (): void => {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  };
  const end = (reason: "timeout" | "cancelled"): void => {
    release();
    onEnd(reason);
  };
  const onAbort = (): void => end("cancelled");
  const timer = setTimeout(end, Math.min(timeoutMs, longestTimerMs), "timeout");
  signal.addEventListener("abort", onAbort);
  return release;
}
