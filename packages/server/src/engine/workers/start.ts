import type { WorkerDesk } from "../../commands/workers/desk.ts";
import type { Database } from "../../store/database.ts";
import type { Emit } from "../../telemetry/events.ts";
import type { FollowUp } from "../follow-up.ts";
import type { PlanCache } from "../plan-cache.ts";
import { createCompleting } from "./completing.ts";
import { startLeaseDesk } from "./desk.ts";
import { createLeasing } from "./leasing.ts";

export type Workers = WorkerDesk & {
  /** Runs for workers may have become ready in these shards; in any, when none is named. */
  wake(shards: readonly number[]): void;
  stop(): Promise<void>;
};

/** This node's part for those who do runs themselves: workers, and receivers that have accepted a webhook. */
export function startWorkers(options: {
  db: Database;
  /** Whether runs may begin anywhere. */
  mayBegin: () => boolean;
  plans: PlanCache;
  emit: Emit;
  followUp: FollowUp;
  /** Runs held by workers or receivers ended in these shards, or wait for their next attempt. */
  onSettled: (shards: readonly number[]) => void;
}): Workers {
  const { db, mayBegin, plans, emit, followUp } = options;
  const desk = startLeaseDesk({ db, mayBegin, leasing: createLeasing(db, plans, followUp), emit });
  const completing = createCompleting({
    db,
    plans,
    emit,
    followUp,
    onSettled: (shards) => {
      // A place in a queue may have become free.
      desk.wake(shards);
      options.onSettled(shards);
    },
  });
  return { ...completing, lease: desk.lease, wake: desk.wake, stop: desk.stop };
}
