import { PunctualError, type Target } from "@punctual/contract";
import { concurrencyKey, queueKey } from "./ids.ts";

/** Where a run waits for its turn. */
export type Placement = {
  priority: number;
  /** Key of tenant and target origin: what fairness and breakers count together. */
  origin: number;
  /** Key of its queue; null for none, and then nothing but slots limits it. */
  queue: number | null;
  /** Key of what shares a limit inside the queue; null for none. */
  concurrencyKey: number | null;
  /** Leased by a worker instead of being carried out by a node. */
  pulled: boolean;
};

/** What a job says of its queue. */
export type QueueWish = { target: Target; queue?: string; concurrencyKey?: string };

/** The name of the queue that a job's runs go through, or null. A worker's queue is its target. */
export function queueNameOf({ target, queue }: QueueWish): string | null {
  return target.type === "worker" ? target.queue : (queue ?? null);
}

/** @throws PunctualError request_invalid for a concurrency key without the queue in which it counts */
export function requireQueueForKey(wish: QueueWish): void {
  if (wish.concurrencyKey === undefined || queueNameOf(wish) !== null) return;
  const message = "concurrencyKey means nothing without a queue.";
  throw new PunctualError("request_invalid", message, {
    faults: [{ pointer: "/concurrencyKey", message, remedy: "Give the job a queue too, or leave it out." }],
  });
}

/** The placement of a job's runs. */
export function placementOf(tenantId: number, job: QueueWish & { priority: number }, origin: number): Placement {
  const queue = queueNameOf(job);
  return {
    priority: job.priority,
    origin,
    queue: queue === null ? null : queueKey(tenantId, queue),
    concurrencyKey: job.concurrencyKey === undefined ? null : concurrencyKey(job.concurrencyKey),
    pulled: job.target.type === "worker",
  };
}
