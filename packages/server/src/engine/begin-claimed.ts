import type { ClaimedRun } from "../store/dispatching.ts";
import type { Executor } from "./executor.ts";
import type { HeldRun } from "./held-run.ts";
import type { Membership } from "./membership.ts";
import { type CachedPlan, type PlanCache, planKey } from "./plan-cache.ts";
import type { Slots } from "./slots.ts";

export type BeginClaimedOptions = { membership: () => Membership; plans: PlanCache; executor: Executor; slots: Slots };

/**
 * Begins runs that were just claimed for this node; what has no slot is handed back unbegun, what cannot be carried out at all ends as dead.
 *
 * @param holder the node id they were claimed under
 * @returns how many began
 */
export type BeginClaimed = (holder: number, claimed: readonly ClaimedRun[]) => Promise<number>;

/** The one way from a claim to an attempt, whichever claim it was. */
export function createBeginClaimed({ membership, plans, executor, slots }: BeginClaimedOptions): BeginClaimed {
  const plansOf = async (holder: number, claimed: readonly ClaimedRun[]): Promise<Map<string, CachedPlan>> => {
    try {
      return await plans.get(claimed.map((row) => ({ jobId: row.job_id, revision: row.revision })));
    } catch (error) {
      for (const row of claimed) executor.handBack(heldRun(holder, row));
      throw error;
    }
  };

  return async (holder, claimed) => {
    let begun = 0;
    const known = await plansOf(holder, claimed);
    for (const row of claimed) {
      const run = heldRun(holder, row);
      const cached = known.get(planKey(row.job_id, row.revision));
      if (!cached) executor.refuse(run, "the job's definition cannot be used on this node");
      else if (!membership().trusted() || !slots.take(row.origin)) executor.handBack(run);
      else {
        executor.begin(run, cached);
        begun++;
      }
    }
    return begun;
  };
}

function heldRun(holder: number, row: ClaimedRun): HeldRun {
  return {
    shard: row.shard,
    runId: row.run_id,
    jobId: row.job_id,
    revision: row.revision,
    nominalMs: row.nominal_ms,
    attempt: row.attempt,
    deadlineFromMs: row.attempt === 1 ? null : row.started_ms,
    holder,
    payload: row.payload,
  };
}
