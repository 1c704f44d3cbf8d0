import { planFiring } from "../model/firing-plan.ts";
import type { CursorMove, DueCursor, GuardedMove, NewRun } from "../store/firing.ts";
import type { Breakers } from "./breaker-view.ts";
import type { HeldRun } from "./held-run.ts";
import { type CachedPlan, type PlanCache, planKey } from "./plan-cache.ts";
import type { Slots } from "./slots.ts";

/** Occurrences of one job a scan: a job that missed a day does not hold the others up. */
const occurrencesPerJob = 100;
/** Occurrences of all jobs a scan, so that the statement stays far below its deadline: after a day's outage 1,000 jobs owe a million. */
const occurrencesPerScan = 5_000;
/** Below every priority a job can have. */
const behindLiveWork = -1;

export type Firing = {
  moves: CursorMove[];
  /** The same, of jobs whose runs must not overlap: these are fired by a statement that looks at what is live. */
  guarded: GuardedMove[];
  runs: NewRun[];
  /** Those of `runs` that are to begin at once; they have their slots. */
  begin: { run: HeldRun; plan: CachedPlan }[];
  /** By shard: the earliest due time that stays behind, because the job's page was full. */
  stillDue: Map<number, number>;
};

/** Decides about every due cursor; takes slots for the runs that can begin at once, of those kept for newcomers only in shards that none of `herds` waits in. */
export function prepareFiring(
  due: readonly DueCursor[],
  plans: ReadonlyMap<string, CachedPlan>,
  nodeId: number,
  herds: ReadonlyMap<number, unknown>,
  { slots, breakers, plans: cache }: { slots: Slots; breakers: Breakers; plans: PlanCache },
): Firing {
  const firing: Firing = { moves: [], guarded: [], runs: [], begin: [], stillDue: new Map() };
  const limit = Math.max(1, Math.min(occurrencesPerJob, Math.floor(occurrencesPerScan / due.length)));
  for (const row of due) {
    const cached = plans.get(planKey(row.job_id, row.revision));
    // The job was changed between the two reads: its new revision is found by the next look.
    if (!cached) continue;
    const plan = planOrCondemn(row, cached, limit, cache);
    if (!plan) continue;
    const { next, counted, nextIfSkipped } = plan;
    const { overlap } = cached.plan;
    const move = { shard: row.shard, jobId: row.job_id, revision: row.revision, nextMs: row.next_ms, next, counted, place: row.place };
    if (overlap === "allow") firing.moves.push(move);
    else firing.guarded.push({ ...move, overlap, nextIfSkipped });
    if (plan.next !== null && plan.next !== "on_completion" && plan.next.dueMs <= row.now) {
      firing.stillDue.set(row.shard, Math.min(firing.stillDue.get(row.shard) ?? plan.next.dueMs, plan.next.dueMs));
    }
    const takeSlot = herds.has(row.shard) ? slots.take : slots.takeForNewcomer;
    for (const { runId, nominalMs, verdict, reason } of plan.occurrences) {
      const late = isLate(row, cached, nominalMs);
      const { priority, origin, queue } = cached.placement;
      const pass = verdict === "run" && queue === null ? breakers.pass(cached.tenantId, origin) : null;
      const held = verdict === "wait" ? "overlap" : pass === "held" ? "breaker" : null;
      const begins = pass !== null && held === null && !late && takeSlot(origin);
      if (begins && pass === "granted") breakers.spend(cached.tenantId, origin);
      const state = verdict === "skip" ? "skipped" : held !== null ? "waiting" : begins ? "running" : "ready";
      const placement = { ...cached.placement, priority: late ? behindLiveWork : priority };
      const { startTimeoutMs } = cached.plan;
      const expiresMs = startTimeoutMs === null ? null : nominalMs + startTimeoutMs;
      firing.runs.push({ shard: row.shard, jobId: row.job_id, runId, nominalMs, state, placement, expiresMs, held, reason });
      if (!begins) continue;
      const run = {
        shard: row.shard,
        runId,
        jobId: row.job_id,
        revision: row.revision,
        nominalMs,
        attempt: 1,
        deadlineFromMs: null,
        holder: nodeId,
        heldMs: null,
        payload: null,
      };
      firing.begin.push({ run, plan: cached });
    }
  }
  return firing;
}

/** A schedule that cannot be computed concerns its job alone: it must not keep the thousand others of the scan from firing. */
function planOrCondemn(row: DueCursor, cached: CachedPlan, limit: number, cache: PlanCache) {
  try {
    return planFiring({ jobId: row.job_id, nextMs: row.next_ms, dueMs: row.due_ms, fired: row.fired }, cached.plan, row.now, limit);
  } catch (error) {
    cache.condemn(row.job_id, row.revision, error);
    return null;
  }
}

/** Of the occurrences older than the misfire window, `all` runs every one, behind live work; `latest` runs one, which may as well start now. */
function isLate(row: DueCursor, { plan }: CachedPlan, nominalMs: number): boolean {
  return plan.misfire.policy === "all" && nominalMs < row.now - plan.misfire.windowMs - (row.due_ms - row.next_ms);
}
