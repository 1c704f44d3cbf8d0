import { chooseNewcomers } from "../model/newcomers.ts";
import { type Database, isUnavailable } from "../store/database.ts";
import { readNewestDue } from "../store/firing.ts";
import type { Emit } from "../telemetry/events.ts";
import type { Doubt } from "./doubt.ts";
import type { FireDue } from "./fire-due.ts";
import { createHerdTenants } from "./herd-tenants.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { monotonicMs } from "./node-clock.ts";
import type { Pace } from "./pace.ts";
import type { ShardKeeper } from "./shard-keeper.ts";

/** A little less than the looks of the fire loop are apart while runs are due all the time: there is one of it for three lanes. */
const busyRestMs = 14;
/** When nearly all of it is a herd's own, as while more falls due all the time than can be carried: a look every 14 ms reads 1,000 rows for nothing, a tenth of what the database does. */
const crowdRestMs = 100;
/** Nothing is asked then; the fire loop wakes it when it meets a herd. */
const restMs = 60_000;
/** Of each shard a look: what there is more of is a herd itself, and has its turn with the others. */
const perShard = 4;
/** Times are read in whole milliseconds and are finer in the database: from here on nothing is the same millisecond. */
const justAfterMs = 0.5;
const nobody: ReadonlyMap<number, unknown> = new Map();

export type NewcomerLoopOptions = {
  db: Database;
  membership: () => Membership;
  shards: ShardKeeper;
  doubt: Pick<Doubt, "isOpen">;
  /** Whether the database's clock shows what it may show by now. */
  isOnCourse: (nowMs: number) => boolean;
  fireDue: FireDue;
  pace: Pick<Pace, "felt" | "end">;
  emit: Emit;
};

export type NewcomerLoop = Loop & {
  /**
   * A lane of the fire loop has read what is due in its shards.
   *
   * @param upTo by shard, up to when, epoch ms: what falls due later is fired here until the lane says otherwise. Null when it is not more than a look takes
   */
  met(lane: number, upTo: ReadonlyMap<number, number> | null): void;
  /** These of a herd are about to be fired. */
  fires(herd: readonly { tenant_id: number }[]): void;
};

/**
 * While a herd is fired, a thousand at a time, what falls due behind it is fired beside it: a look of the fire loop takes 0.1 to 0.5 s then, as the machine has its hands full, and
 * whoever comes at the end of it would wait for it and for the next one. Newcomers only, never a part of the herd: it would take the slots that are kept for them.
 *
 * What both read at once the compare-and-set gives to one of them. Marks are not touched: what is left here lies behind where the fire loop goes on.
 */
export function startNewcomerLoop(options: NewcomerLoopOptions): NewcomerLoop {
  const { db, membership, emit } = options;
  const upToOfLane = new Map<number, ReadonlyMap<number, number>>();
  const tenants = createHerdTenants();
  /** When the next look is to be; a busy node is late with it. */
  let plannedMs = Number.POSITIVE_INFINITY;

  const look = async (): Promise<number> => {
    const lateMs = Math.max(0, monotonicMs() - plannedMs);
    plannedMs = Number.POSITIVE_INFINITY;
    if (upToOfLane.size === 0) return restMs;
    if (!membership().trusted() || options.doubt.isOpen()) return busyRestMs;
    const owned = new Set(options.shards.owned().map(({ shard }) => shard));
    const behind = [...upToOfLane.values()].flatMap((upTo) => [...upTo]).filter(([shard]) => owned.has(shard));
    if (behind.length === 0) return busyRestMs;
    const scan = { shards: behind.map(([shard]) => shard), watermarksMs: behind.map(([, upToMs]) => upToMs + justAfterMs) };
    const askedMs = monotonicMs();
    const due = await readNewestDue(db, scan, perShard);
    const { chosen, holdBackFor } = chooseNewcomers(due, tenants.has);
    tenants.passBy(chosen);
    options.pace.felt(lateMs + monotonicMs() - askedMs, holdBackFor);
    if (chosen[0] && options.isOnCourse(chosen[0].now)) await options.fireDue(chosen, nobody);
    const pauseMs = due.length > chosen.length ? crowdRestMs : busyRestMs;
    plannedMs = monotonicMs() + pauseMs;
    return pauseMs;
  };

  const loop = startLoop({
    look,
    failed: (error, failures) => {
      emit({ type: "loop_failed", loop: "newcomers", error, databaseAway: isUnavailable(error) });
      return retryDelayMs(failures);
    },
  });
  return {
    ...loop,
    fires: tenants.owe,
    met(lane, upTo) {
      if (upTo === null) {
        if (!upToOfLane.delete(lane) || upToOfLane.size > 0) return;
        options.pace.end();
        tenants.end();
        return;
      }
      if (upToOfLane.size === 0) loop.wake();
      upToOfLane.set(lane, upTo);
    },
  };
}
