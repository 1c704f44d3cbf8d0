import { shardCount } from "../model/ids.ts";
import { readCancelRequests } from "../store/cancelling.ts";
import { type Database, isUnavailable } from "../store/database.ts";
import { moveHeldSince, readLongHeld } from "../store/held.ts";
import type { Emit } from "../telemetry/events.ts";
import type { Executor } from "./executor.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { monotonicMs } from "./node-clock.ts";
import type { Settler } from "./settler.ts";

const lookEveryMs = 500;
const reconcileEveryMs = 10_000;
/** Of its time it takes a hundredth: with a snapshot held elsewhere it passes every run that was held since the longest one began. But a lost answer must not keep it from looking again. */
const [reconcileRest, longestRestMs] = [100, 60_000];
/** Longer than any statement may take, so that a run held this long without being known here will not become known. */
const heldForMs = 15_000;
const allShards = Array.from({ length: shardCount }, (_, shard) => shard);

export type WatchLoopOptions = { db: Database; membership: () => Membership; executor: Executor; settler: Settler; emit: Emit };

/** Watches over the runs this node holds: aborts those whose end was asked for, and hands back those it holds without knowing. */
export function startWatchLoop({ db, membership, executor, settler, emit }: WatchLoopOptions): Loop {
  let reconcileAtMs = monotonicMs() + reconcileEveryMs;

  const look = async (): Promise<number> => {
    const { count, shards } = executor.running();
    if (count > 0) {
      const requests = await readCancelRequests(db, membership().nodeId(), shards);
      for (const request of requests) executor.cancel(request.run_id, request.cancel_reason);
    }
    const nowMs = monotonicMs();
    if (nowMs > reconcileAtMs) {
      try {
        await reconcile();
      } finally {
        // Also when it was too slow for the deadline of statements: at once again, it would be all that the database does.
        const restMs = Math.min(longestRestMs, reconcileRest * (monotonicMs() - nowMs));
        reconcileAtMs = Math.max(nowMs + reconcileEveryMs, monotonicMs() + restMs);
      }
    }
    return lookEveryMs;
  };

  const reconcile = async (): Promise<void> => {
    const nodeId = membership().nodeId();
    const { nowMs, held } = await readLongHeld(db, nodeId, allShards, heldForMs);
    for (const { shard, run_id: runId, attempt, held_ms: heldMs } of held) {
      if (!executor.has(runId) && !settler.has(runId)) executor.handBack({ shard, runId, attempt, holder: nodeId, heldMs });
    }
    // Those handed back just now included: they are held until that is written. A millisecond earlier, as times in the database are finer than that.
    const earliestMs = held.reduce((earliest, run) => Math.min(earliest, run.held_ms), nowMs - heldForMs);
    await moveHeldSince(db, nodeId, earliestMs - 1);
  };

  return startLoop({
    look,
    failed: (error, failures) => {
      emit({ type: "loop_failed", loop: "watch", error, databaseAway: isUnavailable(error) });
      return retryDelayMs(failures);
    },
  });
}
