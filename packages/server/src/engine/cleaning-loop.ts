import { type CleaningUp, cleanUp, type HotTable, hotTables, needsCleaning } from "../store/cleaning.ts";
import { type Database, isUnavailable } from "../store/database.ts";
import { holdDuty } from "../store/leases.ts";
import type { Emit } from "../telemetry/events.ts";
import { type Loop, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { monotonicMs } from "./node-clock.ts";

/** At 30,000 runs a second 150,000 dead rows come together. */
const lookEveryMs = 5_000;
const dutyTtlMs = 30_000;
/**
 * Of its time it cleans a twentieth. With a snapshot held elsewhere it goes through all that has died since, 18 million rows after ten minutes of 30,000 runs a second, and removes nothing: as often as
 * autovacuum would, that were a fifth of what two cores can do.
 */
const restOfCleaning = 20;
/** So soon after the snapshot's end it begins to remove them. */
const longestRestMs = 15_000;

export type CleaningOptions = {
  db: Database;
  /** Whose statements may last for minutes; null where nobody cleans up but autovacuum. */
  cleaningDb: Database | null;
  membership: () => Membership;
  emit: Emit;
};

/** Cleans up the hot tables, one node for all. Harmless when two do: one waits for the other. */
export function startCleaning(options: CleaningOptions): Loop {
  const { cleaningDb } = options;
  const loops = cleaningDb === null ? [] : hotTables.map((table) => startTable({ ...options, cleaningDb }, table));
  return {
    wake: () => {},
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

function startTable({ db, cleaningDb, membership, emit }: CleaningOptions & { cleaningDb: Database }, table: HotTable): Loop {
  let underWay: CleaningUp | null = null;
  let stopping = false;

  const look = async (): Promise<number> => {
    if (!(await holdDuty(db, "cleaning", membership().nodeId(), dutyTtlMs)) || !(await needsCleaning(db, table))) return lookEveryMs;
    const begunMs = monotonicMs();
    underWay = cleanUp(cleaningDb, table);
    if (stopping) underWay.abort();
    await underWay.ended.finally(() => {
      underWay = null;
    });
    return Math.max(lookEveryMs, Math.min(longestRestMs, restOfCleaning * (monotonicMs() - begunMs)));
  };

  const loop = startLoop({
    look,
    failed: (error) => {
      if (!stopping) emit({ type: "loop_failed", loop: "cleaning", error, databaseAway: isUnavailable(error) });
      return longestRestMs;
    },
  });
  return {
    ...loop,
    stop: () => {
      stopping = true;
      underWay?.abort();
      return loop.stop();
    },
  };
}
