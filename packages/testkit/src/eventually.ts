import { setTimeout as delay } from "node:timers/promises";

/**
 * Repeats `attempt` until it neither throws nor answers false, and returns its answer. For conditions that have no signal to wait for; where there is a
 * promise or an event, await that. Defaults: 5 s in all, 20 ms between attempts. Rejects with the last error.
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<Exclude<T, false>> {
  const { timeoutMs = 5_000, everyMs = 20 } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const answer = await attempt();
      if (answer !== false) return answer as Exclude<T, false>;
      failure = new Error(`expected the condition to hold within ${timeoutMs} ms, it was still false`);
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= deadline) throw failure;
    await delay(everyMs);
  }
}
