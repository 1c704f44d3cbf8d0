import type { createWorkers } from "../nouns/workers.ts";
import type { HeldRun } from "./held-run.ts";

/** How often all held runs are told of: a cancellation arrives within this time, whatever the length of the lease. */
export const beatEveryMs = 1_000;
const batchMost = 100;

export type BeatOptions = {
  workers: ReturnType<typeof createWorkers>;
  name: string;
  leaseMs: number;
  /** A beat could not be sent; the next one tries again. */
  onError: (error: unknown) => void;
};

/** Tells the server of these runs, and these runs what the server says of them. A run whose lease must be over by now is aborted without being told. */
export async function beat(held: readonly HeldRun[], options: BeatOptions): Promise<void> {
  for (let at = 0; at < held.length; at += batchMost) await beatSome(held.slice(at, at + batchMost), options);
}

/** Sends all that these runs have logged and is not sent yet. Rejects when that fails; what was not sent is kept. */
export async function tellAll(held: readonly HeldRun[], options: Omit<BeatOptions, "onError">): Promise<void> {
  let failure: Error | undefined;
  const telling = (): HeldRun[] => held.filter((each) => each.hasNews() && each.aborted() !== "lease_lost");
  while (failure === undefined && telling().length > 0)
    await beat(telling(), {
      ...options,
      onError: (error) => {
        failure = error instanceof Error ? error : new Error(String(error));
      },
    });
  if (failure !== undefined) throw failure;
}

async function beatSome(held: readonly HeldRun[], { workers, name, leaseMs, onError }: BeatOptions): Promise<void> {
  const sentMs = performance.now();
  const told = held.map((each) => ({ held: each, news: each.news() }));
  try {
    const runs = told.map(({ held: { lease }, news }) => ({ runId: lease.runId, leaseToken: lease.leaseToken, ...news }));
    const answer = await workers.heartbeat({ worker: name, runs });
    for (const [index, { status, reason }] of answer.runs.entries()) {
      const each = held[index];
      if (!each) continue;
      if (status === "lost") each.abort("lease_lost", "the run is not held by this worker any more");
      // Counted from before it was sent: the server cannot have begun the lease any earlier.
      else each.leaseEndsMs = sentMs + leaseMs;
      if (status === "cancel") each.abort("cancelled", reason ?? "cancelled");
    }
  } catch (error) {
    for (const { held: each, news } of told) {
      each.untold(news);
      if (performance.now() >= each.leaseEndsMs) each.abort("lease_lost", "no beat has reached the server for a whole lease");
    }
    onError(error);
  }
}
