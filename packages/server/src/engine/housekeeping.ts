import { type Database, isUnavailable } from "../store/database.ts";
import { purgeExpiredAnswers } from "../store/idempotency.ts";
import { holdDuty } from "../store/leases.ts";
import { forgetNodes } from "../store/nodes.ts";
import { createPartitions, dropExpiredPartitions } from "../store/partitions.ts";
import { purgeSecrets } from "../store/secrets.ts";
import type { Emit } from "../telemetry/events.ts";
import { type Loop, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";

const lookEveryMs = 60_000;
const dutyTtlMs = 150_000;

export type HousekeepingOptions = { db: Database; membership: () => Membership; retentionDays: number; emit: Emit };

/** What one node at a time looks after: partitions of the coming days, retention, and rows nobody needs any more. Harmless when two do it. */
export function startHousekeeping({ db, membership, retentionDays, emit }: HousekeepingOptions): Loop {
  const look = async (): Promise<number> => {
    if (!(await holdDuty(db, "housekeeping", membership().nodeId(), dutyTtlMs))) return lookEveryMs;
    const made = await createPartitions(db);
    const dropped = await dropExpiredPartitions(db, retentionDays);
    if (made.length + dropped.length > 0) emit({ type: "partitions_changed", made, dropped });
    // History that goes is what lets a deleted job's secret go.
    if (dropped.length > 0) await purgeSecrets(db);
    await forgetNodes(db);
    await purgeExpiredAnswers(db);
    return lookEveryMs;
  };

  return startLoop({
    look,
    failed: (error) => {
      emit({ type: "loop_failed", loop: "housekeeping", error, databaseAway: isUnavailable(error) });
      return lookEveryMs / 12;
    },
  });
}
