import { PunctualApiError } from "../api-error.ts";
import type { createWorkers } from "../nouns/workers.ts";
import { backoffMs } from "./backoff.ts";
import type { HeldRun } from "./held-run.ts";
import type { Result } from "./outcome.ts";

/** Fifty outputs of 16 KiB fit a request, however they are escaped. */
const batchMost = 50;
/** A first result waits this long for company. */
const gatherMs = 2;

type Waiting = { held: HeldRun; result: Result; done: () => void };

export type Completions = {
  /** Resolves when the server has the result, or the run was lost and nobody wants it. */
  send(held: HeldRun, result: Result): Promise<void>;
};

/**
 * Sends results in batches, as one request tells a hundred as cheaply as one, and keeps trying while the server is away: beats go on, so that a server which
 * restarts within the lease gets the result. Whatever a worker did is not thrown away as long as it counts.
 *
 * @param flush sends the log lines of these runs that were not sent yet
 */
export function createCompletions(
  workers: ReturnType<typeof createWorkers>,
  name: string,
  flush: (held: readonly HeldRun[]) => Promise<void>,
  onError: (error: unknown) => void,
): Completions {
  let waiting: Waiting[] = [];
  let gathering = false;

  const sendAll = async (): Promise<void> => {
    gathering = false;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchMost);
      waiting = waiting.slice(batch.length);
      await sendBatch(batch);
    }
  };

  const sendBatch = async (batch: readonly Waiting[]): Promise<void> => {
    for (let failures = 1; ; failures++) {
      const held = batch.filter(
        ({ held: run }) => run.aborted() !== "lease_lost" && (failures === 1 || performance.now() < run.leaseEndsMs),
      );
      try {
        await flush(held.map((each) => each.held));
        if (held.length > 0) await workers.complete({ worker: name, results: held.map((each) => each.result) });
        break;
      } catch (error) {
        if (error instanceof PunctualApiError && error.code === "lease_lost") break;
        onError(error);
        if (isRefusal(error)) break;
        await new Promise((resolve) => void setTimeout(resolve, backoffMs(error, failures)));
      }
    }
    for (const each of batch) each.done();
  };

  return {
    send: (held, result) =>
      new Promise((done) => {
        waiting.push({ held, result, done });
        if (gathering) return;
        gathering = true;
        setTimeout(() => void sendAll().catch(onError), gatherMs);
      }),
  };
}

/** Sent again, it would be refused again: its run is left to its lease. */
function isRefusal(error: unknown): boolean {
  return error instanceof PunctualApiError && error.status !== null && !error.retryable;
}
