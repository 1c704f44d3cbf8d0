import { forgetBreakers } from "../store/breakers.ts";
import { isUnavailable } from "../store/database.ts";
import { countAllDeadLetters } from "../store/dead-letters.ts";
import { purgeExpiredAnswers } from "../store/idempotency.ts";
import { holdDuty } from "../store/leases.ts";
import { forgetNodes } from "../store/nodes.ts";
import { createPartitions } from "../store/partitions.ts";
import { dropExpiredPartitions, type Retention } from "../store/retention.ts";
import { purgeSecrets } from "../store/secrets.ts";
import { type SweepMark, sweepDefaultPartition, sweepPage } from "../store/sweeping.ts";
import { type CleaningOptions, startCleaning } from "./cleaning-loop.ts";
import { type Loop, startLoop } from "./loop.ts";

const lookEveryMs = 60_000;
const dutyTtlMs = 150_000;
/** Between two pages of a sweep that finds much. */
const sweepEveryMs = 1_000;
/** Enough to be alarmed by; counting on would cost more with every one. */
const deadLettersCounted = 10_000;

export type HousekeepingOptions = CleaningOptions & { retention: Retention };

/** What one node at a time looks after: partitions of the coming days, retention, rows nobody needs any more, and those that are dead. Harmless when two do it. */
export function startHousekeeping(options: HousekeepingOptions): Loop {
  const { db, membership, retention, emit } = options;
  const marks: { [table in "finished_runs" | "attempts"]: SweepMark } = { finished_runs: null, attempts: null };
  const sweep = async (): Promise<boolean> => {
    let finds = false;
    for (const table of ["finished_runs", "attempts"] as const) {
      const { deleted, mark } = await sweepDefaultPartition(db, table, retention, marks[table]);
      marks[table] = mark;
      finds ||= deleted * 2 >= sweepPage;
    }
    return finds;
  };
  const look = async (): Promise<number> => {
    // Every node shows it among its metrics.
    emit({ type: "dead_letters_counted", open: await countAllDeadLetters(db, deadLettersCounted) });
    if (!(await holdDuty(db, "housekeeping", membership().nodeId(), dutyTtlMs))) return lookEveryMs;
    const made = await createPartitions(db);
    const { dropped, kept } = await dropExpiredPartitions(db, retention);
    if (made.length + dropped.length > 0) emit({ type: "partitions_changed", made, dropped, kept });
    // History that goes is what lets a deleted job's secret go.
    if (dropped.length > 0) await purgeSecrets(db);
    await forgetNodes(db);
    await forgetBreakers(db);
    await purgeExpiredAnswers(db);
    return (await sweep()) ? sweepEveryMs : lookEveryMs;
  };

  const cleaning = startCleaning(options);
  const loop = startLoop({
    look,
    failed: (error) => {
      emit({ type: "loop_failed", loop: "housekeeping", error, databaseAway: isUnavailable(error) });
      return lookEveryMs / 12;
    },
  });
  return {
    ...loop,
    stop: async () => {
      await Promise.all([cleaning.stop(), loop.stop()]);
    },
  };
}
