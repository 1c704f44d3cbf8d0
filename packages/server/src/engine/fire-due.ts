import type { Database } from "../store/database.ts";
import { type DueCursor, fire, fireUnlessBusy, type NewRun } from "../store/firing.ts";
import type { Emit } from "../telemetry/events.ts";
import type { Breakers } from "./breaker-view.ts";
import type { Doubt } from "./doubt.ts";
import type { Executor } from "./executor.ts";
import type { Membership } from "./membership.ts";
import type { JobToAttend } from "./overlap-loop.ts";
import { type CachedPlan, type PlanCache, planKey } from "./plan-cache.ts";
import { type Firing, prepareFiring } from "./prepare-firing.ts";
import { keep } from "./scan-marks.ts";
import type { Slots } from "./slots.ts";
import { startTurn } from "./turn.ts";

export type FireDueOptions = {
  db: Database;
  membership: () => Membership;
  plans: PlanCache;
  executor: Executor;
  doubt: Doubt;
  slots: Slots;
  breakers: Breakers;
  emit: Emit;
  /** Runs became ready: outside queues, and for this node in queues of these shards. They wait for a claim. */
  onReady: (outsideQueues: boolean, shardsOfQueues: ReadonlySet<number>) => void;
  /** A run is held until another one of its job has ended. */
  onHeld: (job: JobToAttend) => void;
  /** Runs for workers became ready in these shards. */
  onPulled: (shards: readonly number[]) => void;
};

/**
 * Fires due cursors in one statement, or two, and begins what has a slot.
 *
 * @param herds shards that filled their page, whose runs may not have the slots kept for newcomers
 * @returns by shard, the earliest time from which something of these may still be due
 */
export type FireDue = (due: readonly DueCursor[], herds: ReadonlyMap<number, unknown>) => Promise<Map<number, number>>;

/** What became of each run, and the database's time. */
type Fired = { became: ReadonlyMap<string, NewRun["state"]>; nowMs: number | null };

/** The one way from a due cursor to a run, whoever found it due. */
export function createFireDue(options: FireDueOptions): FireDue {
  const { db, membership, emit } = options;

  const fireGroup = async (
    due: readonly DueCursor[],
    plans: ReadonlyMap<string, CachedPlan>,
    herds: ReadonlyMap<number, unknown>,
    left: Map<number, number>,
  ): Promise<void> => {
    const nodeId = membership().nodeId();
    const firing = prepareFiring(due, plans, nodeId, herds, options);
    let fired: Fired;
    try {
      [fired] = await Promise.all([fireFiring(nodeId, firing), options.executor.prepare(firing.begin)]);
    } catch (error) {
      for (const { plan } of firing.begin) options.slots.give(plan.placement.origin);
      options.doubt.raise(firing.begin.map(({ run }) => run));
      throw error;
    }
    const { became } = fired;
    await beginAll(firing, fired);
    for (const run of firing.runs) if (became.get(run.runId) === "waiting") attendTo(run, plans, due);
    for (const [shard, dueMs] of firing.stillDue) keep(left, shard, dueMs);
    // Refused: another owner was quicker, or the database says that the lease has ended.
    for (const run of firing.runs) if (run.state !== "skipped" && !became.has(run.runId)) keep(left, run.shard, run.nominalMs);
  };

  const fireFiring = async (nodeId: number, firing: Firing): Promise<Fired> => {
    if (firing.guarded.length > 0) return fireUnlessBusy(db, nodeId, firing.guarded, firing.runs);
    const { live, nowMs } = await fire(db, nodeId, firing.moves, firing.runs);
    return { became: new Map(firing.runs.filter((run) => live.has(run.runId)).map((run) => [run.runId, run.state])), nowMs };
  };

  /** The run it waits for may have ended while the fire was under way. */
  const attendTo = ({ shard, jobId, runId }: NewRun, plans: ReadonlyMap<string, CachedPlan>, due: readonly DueCursor[]): void => {
    const row = due.find((each) => each.job_id === jobId);
    const cached = row && plans.get(planKey(jobId, row.revision));
    if (!cached || cached.plan.overlap === "allow") return;
    options.onHeld({ shard, jobId, tenantId: cached.tenantId, cancelBefore: cached.plan.overlap === "cancel_previous" ? runId : null });
  };

  const beginAll = async (firing: Firing, { became, nowMs }: Fired): Promise<void> => {
    let begun = 0;
    const turn = startTurn();
    for (const { run, plan } of firing.begin) {
      // A thousand webhooks at a stretch, signed and sent, are 60 ms in which nothing else of this node moves.
      if (turn.isOver()) await turn.next();
      const isHeldHere = became.get(run.runId) === "running";
      // Buried meanwhile, it is another node by now, and trusted as that; the run is handed on already.
      if (isHeldHere && membership().trusted() && membership().nodeId() === run.holder) {
        options.executor.begin(run, plan);
        begun++;
        continue;
      }
      options.slots.give(plan.placement.origin);
      if (isHeldHere) options.executor.handBack({ ...run, heldMs: nowMs });
    }
    const states = [...became.values()];
    const skipped = firing.guarded.length > 0 ? states : firing.runs.map((run) => run.state);
    const live = states.filter((state) => state !== "skipped").length;
    emit({ type: "fired", runs: live, skipped: skipped.filter((state) => state === "skipped").length, handed: begun });
    const held = firing.runs.filter((run) => run.held === "breaker" && became.get(run.runId) === "waiting").length;
    if (held > 0) emit({ type: "runs_held", why: "breaker", runs: held });
    if (live <= begun + held) return;
    const [queued, pulled] = [new Set<number>(), new Set<number>()];
    let outsideQueues = false;
    for (const { runId, shard, placement } of firing.runs) {
      if (became.get(runId) !== "ready") continue;
      if (placement.pulled) pulled.add(shard);
      else if (placement.queue !== null) queued.add(shard);
      else outsideQueues = true;
    }
    options.onReady(outsideQueues, queued);
    if (pulled.size > 0) options.onPulled([...pulled]);
  };

  return async (due, herds) => {
    const left = new Map<number, number>();
    const plans = await options.plans.get(due.map((row) => ({ jobId: row.job_id, revision: row.revision })));
    const [free, guarded]: [DueCursor[], DueCursor[]] = [[], []];
    for (const row of due) (plans.get(planKey(row.job_id, row.revision))?.plan.overlap === "allow" ? free : guarded).push(row);
    // Two statements, so that the jobs that need not know what is live do not look. Most looks have only the first.
    for (const group of [free, guarded]) if (group.length > 0) await fireGroup(group, plans, herds, left);
    return left;
  };
}
