import { PunctualError } from "@punctual/contract";
import type { GrantedLease, LeaseWish } from "../../commands/workers/desk.ts";
import { type Database, isUnavailable } from "../../store/database.ts";
import { readReadyQueues } from "../../store/leasing.ts";
import type { Emit } from "../../telemetry/events.ts";
import { retryDelayMs, startLoop } from "../loop.ts";
import { monotonicMs } from "../node-clock.ts";
import type { Leasing } from "./leasing.ts";

/** Waiting workers are looked after this often, whatever the wake line tells: polling is the truth. */
const lookEveryMs = 500;
/** A request that waits costs a socket and a few hundred bytes; this many are a mistake of somebody's, or a reason for another node. */
const waitersMost = 1_000;
const retryAfterSeconds = 2;
const idleMs = 60_000;
/** Claims under way at once, for different queues. One at a time would lend 100 runs a round trip, however many workers ask: half of what four carry. */
const servedAtOnce = 4;

type Waiter = { wish: LeaseWish; untilMs: number; answer: (leases: GrantedLease[]) => void; refuse: (error: unknown) => void };

export type LeaseDesk = {
  /** See WorkerDesk. */
  lease(wish: LeaseWish): Promise<GrantedLease[]>;
  /** Runs for workers may have become ready in these shards. */
  wake(shards: readonly number[]): void;
  /** Answers everyone who waits with nothing, and whoever comes later too. */
  stop(): Promise<void>;
};

/**
 * Where workers wait for runs, without a connection of the pool each: one statement looks for all of them, at every wake and twice a second. Who has waited
 * longest is served first; who was served queues again with the next request, which makes it a fair turn. A run is leased right before its answer is sent.
 */
export function startLeaseDesk(options: { db: Database; mayBegin: () => boolean; leasing: Leasing; emit: Emit }): LeaseDesk {
  const { db, leasing, emit } = options;
  /** In the order they came. */
  const waiters = new Set<Waiter>();
  let stopping = false;

  const look = async (): Promise<number> => {
    if (waiters.size === 0) return idleMs;
    if (!options.mayBegin()) return answerExpired();
    const wanted = new Map([...waiters].flatMap(({ wish }) => wish.queues.map((queue) => [queue.queue, queue])));
    const ready = await readReadyQueues(db, [...wanted.values()]);
    await serveAll(ready);
    return answerExpired();
  };

  /** Those who ask for the same queue first are served one after the other, in the order they came; the others do not wait for them. */
  const serveAll = async (ready: Set<number>): Promise<void> => {
    const turns = new Map<number, Waiter[]>();
    for (const waiter of waiters) {
      const first = waiter.wish.queues.find(({ queue }) => ready.has(queue))?.queue;
      if (first === undefined) continue;
      const turn = turns.get(first);
      if (turn) turn.push(waiter);
      else turns.set(first, [waiter]);
    }
    const left = [...turns.values()];
    const serveNext = async (): Promise<void> => {
      for (let turn = left.shift(); turn; turn = left.shift())
        for (const waiter of turn) if (ready.size > 0 && waiters.has(waiter)) await serve(waiter, ready);
    };
    // All must have come to their end: a look that began while a claim was still under way could claim for the same worker twice.
    const ended = await Promise.allSettled(Array.from({ length: servedAtOnce }, serveNext));
    for (const end of ended) if (end.status === "rejected") throw end.reason;
  };

  /** Takes the queues that turn out to be empty or at their limit out of `ready`, so that those behind need not ask again. */
  const serve = async (waiter: Waiter, ready: Set<number>): Promise<void> => {
    const claimed = await leasing.claim(waiter.wish, ready);
    if (claimed.length === 0) return;
    waiters.delete(waiter);
    if (waiter.wish.gone?.aborted) return leasing.handBack(claimed);
    try {
      waiter.answer(await leasing.grant(waiter.wish, claimed));
    } catch (error) {
      waiter.refuse(error);
      await leasing.handBack(claimed);
    }
  };

  const expired = (): Waiter[] => [...waiters].filter((waiter) => stopping || waiter.untilMs <= monotonicMs());

  /** @returns how long nobody needs to be looked after */
  const answerExpired = (): number => {
    for (const waiter of expired()) {
      waiters.delete(waiter);
      waiter.answer([]);
    }
    const nextMs = Math.min(...[...waiters].map((waiter) => waiter.untilMs)) - monotonicMs();
    return Math.max(1, Math.min(lookEveryMs, Math.ceil(nextMs)));
  };

  const loop = startLoop({
    look,
    failed: (error, failures) => {
      emit({ type: "loop_failed", loop: "lease", error, databaseAway: isUnavailable(error) });
      // Whose wait is over learns why there was nothing.
      for (const waiter of expired()) {
        waiters.delete(waiter);
        waiter.refuse(error);
      }
      return retryDelayMs(failures);
    },
  });

  return {
    lease: (wish) =>
      new Promise((resolve, reject) => {
        if (stopping || wish.gone?.aborted) return resolve([]);
        if (waiters.size >= waitersMost) {
          const message = `${waitersMost} requests for leases wait on this node already.`;
          return reject(new PunctualError("workers_too_many", message, { retryAfterSeconds }));
        }
        const waiter: Waiter = { wish, untilMs: monotonicMs() + wish.waitMs, answer: resolve, refuse: reject };
        waiters.add(waiter);
        wish.gone?.addEventListener("abort", () => void (waiters.delete(waiter) && resolve([])), { once: true });
        loop.wake();
      }),
    wake: (shards) => {
      const woken = new Set(shards);
      for (const { wish } of waiters) if (woken.size === 0 || wish.queues.some(({ shard }) => woken.has(shard))) return loop.wake();
    },
    async stop() {
      stopping = true;
      for (const waiter of waiters) waiter.answer([]);
      waiters.clear();
      await loop.stop();
    },
  };
}
