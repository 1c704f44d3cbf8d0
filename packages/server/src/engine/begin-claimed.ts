import type { HoldReason } from "@punctual/contract";
import { heldForMs } from "../store/breaker-holds.ts";
import type { ClaimedRun } from "../store/dispatching.ts";
import type { Emit } from "../telemetry/events.ts";
import type { Breakers } from "./breaker-view.ts";
import type { Executor } from "./executor.ts";
import type { HeldRun } from "./held-run.ts";
import type { Membership } from "./membership.ts";
import { type CachedPlan, type PlanCache, planKey } from "./plan-cache.ts";
import type { Slots } from "./slots.ts";
import { startTurn } from "./turn.ts";

export type BeginClaimedOptions = {
  membership: () => Membership;
  plans: PlanCache;
  executor: Executor;
  slots: Slots;
  breakers: Breakers;
  emit: Emit;
};

/**
 * Begins runs that were just claimed for this node; what has no slot is handed back unbegun, what must be held waits unbegun, what cannot be carried out at
 * all ends as dead.
 *
 * @param holder the node id they were claimed under
 * @returns how many were dealt with, which are all but those without a slot, and how many of them began
 */
export type BeginClaimed = (holder: number, claimed: readonly ClaimedRun[]) => Promise<{ dealtWith: number; begun: number }>;

type Wait = { held: HoldReason; delayMs: number };

/** The one way from a claim to an attempt, whichever claim it was. */
export function createBeginClaimed({ membership, plans, executor, slots, breakers, emit }: BeginClaimedOptions): BeginClaimed {
  const plansOf = async (holder: number, claimed: readonly ClaimedRun[]): Promise<Map<string, CachedPlan>> => {
    try {
      return await plans.get(claimed.map((row) => ({ jobId: row.job_id, revision: row.revision })));
    } catch (error) {
      for (const row of claimed) executor.handBack(heldRun(holder, row));
      throw error;
    }
  };

  const prepare = (claimed: readonly ClaimedRun[], known: ReadonlyMap<string, CachedPlan>): Promise<void> =>
    executor.prepare(
      claimed.flatMap(({ job_id: jobId, revision }) => {
        const plan = known.get(planKey(jobId, revision));
        return plan ? [{ run: { jobId }, plan }] : [];
      }),
    );

  /** Takes what the run needs to begin. @returns why and for how long it waits instead, or that it has no slot */
  const admit = ({ attempt, holder }: HeldRun, { tenantId, plan, placement: { origin } }: CachedPlan): Wait | "no slot" | null => {
    const pass = breakers.pass(tenantId, origin);
    if (pass === "held") return { held: "breaker", delayMs: heldForMs };
    // Buried meanwhile, it is another node by now, and trusted as that.
    if (!membership().trusted() || membership().nodeId() !== holder || !slots.take(origin)) return "no slot";
    if (pass === "granted") breakers.spend(tenantId, origin);
    // A retry after the last one of its policy is a person's, who knows why.
    if (pass === "granted" || attempt === 1 || attempt > plan.retry.attempts) return null;
    const delayMs = breakers.askForRetry(tenantId, origin);
    if (delayMs === 0) return null;
    slots.give(origin);
    return { held: "retry_budget", delayMs };
  };

  return async (holder, claimed) => {
    const held = new Map<HoldReason, number>();
    let [left, begun] = [0, 0];
    const known = await plansOf(holder, claimed);
    await prepare(claimed, known);
    const turn = startTurn();
    for (const row of claimed) {
      if (turn.isOver()) await turn.next();
      const run = heldRun(holder, row);
      const cached = known.get(planKey(row.job_id, row.revision));
      if (!cached) {
        executor.refuse(run, "the job's definition cannot be used on this node");
        continue;
      }
      const wait = admit(run, cached);
      if (wait === null) {
        executor.begin(run, cached);
        begun++;
      } else if (wait === "no slot") {
        executor.handBack(run);
        left++;
      } else {
        executor.handBack(run, wait);
        held.set(wait.held, (held.get(wait.held) ?? 0) + 1);
      }
    }
    for (const [why, runs] of held) emit({ type: "runs_held", why, runs });
    return { dealtWith: claimed.length - left, begun };
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
    heldMs: row.now,
    payload: row.payload,
  };
}
