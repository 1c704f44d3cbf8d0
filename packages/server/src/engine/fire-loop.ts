import { planFiring } from "../model/firing-plan.ts";
import { type Database, isUnavailable } from "../store/database.ts";
import { type CursorMove, type DueCursor, fire, type NewRun, peekDue, readDue, type ShardScan } from "../store/firing.ts";
import type { ShardRow } from "../store/shards.ts";
import type { Emit } from "../telemetry/events.ts";
import type { Executor, HeldRun } from "./executor.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { monotonicMs, type NodeClock } from "./node-clock.ts";
import { type CachedPlan, type PlanCache, planKey } from "./plan-cache.ts";
import type { ShardKeeper } from "./shard-keeper.ts";
import type { Slots } from "./slots.ts";

/** About how many cursors a look takes, over all shards: enough for 25,000 runs a second, small enough that a look ends within 100 ms. */
const batchCursors = 1_000;
/** Cursors of each shard a look: at least these. When only a few shards are busy, their share grows. */
const leastPerShard = 4;
/** Occurrences of one job a look: a job that missed a day does not hold the others up. */
const occurrencesPerJob = 100;
/** Nothing is slept through longer than this, whatever a wake-up may have told: polling is the truth. */
const longestRestMs = 1_000;
/** While runs are due all the time, looks are this far apart: a look costs a round trip whether it finds one run or fifty. */
const busyRestMs = 10;
/** Rows may become visible this much after the time they are due at, when the transaction that wrote them was slow to commit. */
const lateCommitMs = 10_000;
/** Every shard is scanned from the beginning this often, for rows that became visible even later (a commit that waited for its standby, say). */
const fullScanEveryMs = 60_000;

export type FireLoopOptions = {
  db: Database;
  membership: () => Membership;
  shards: ShardKeeper;
  plans: PlanCache;
  executor: Executor;
  slots: Slots;
  clock: NodeClock;
  emit: Emit;
  /** Runs were born ready: they wait for a claim. */
  onReady: () => void;
};

type Firing = { moves: CursorMove[]; runs: NewRun[]; begin: { run: HeldRun; plan: CachedPlan }[] };

/** Turns occurrences into runs, the moment they are due: read what is due, decide in memory, fire in one statement, begin what has a slot. */
export function startFireLoop(options: FireLoopOptions): Loop {
  const { db, membership, shards, clock, emit } = options;
  const fullScans = createFullScans();
  let perShard = leastPerShard;

  const look = async (): Promise<number> => {
    const owned = shards.owned();
    if (owned.length === 0 || !membership().trusted()) return longestRestMs / 10;
    const due = await readDue(db, scanOf(owned, fullScans.due(owned)), perShard);
    if (due.length > 0) await fireAll(due);
    const full = fullPages(due, perShard);
    perShard = nextPerShard(perShard, owned.length, due.length, full.size > 0);
    const nowMs = due[0]?.now;
    if (nowMs === undefined) return restUntilNext(owned);
    moveWatermarks(owned, full, nowMs);
    return full.size > 0 ? 0 : busyRestMs;
  };

  const fireAll = async (due: DueCursor[]): Promise<void> => {
    const nodeId = membership().nodeId();
    const plans = await options.plans.get(due.map((row) => ({ jobId: row.job_id, revision: row.revision })));
    const firing = prepare(options, due, plans, nodeId);
    let live: Set<string>;
    try {
      ({ live } = await fire(db, nodeId, firing.moves, firing.runs));
    } catch (error) {
      // Whether it was carried out is unknown. If it was, the runs are held by this node and never begun: they are handed back as if they were.
      for (const { run, plan } of firing.begin) handBack(run, plan.origin);
      throw error;
    }
    for (const { run, plan } of firing.begin) {
      if (!live.has(run.runId)) options.slots.give(plan.origin);
      else if (membership().trusted()) options.executor.begin(run, plan);
      else handBack(run, plan.origin);
    }
    const skipped = firing.runs.filter((run) => run.state === "skipped").length;
    emit({ type: "fired", runs: live.size, skipped, handed: firing.begin.length });
    if (live.size > firing.begin.length) options.onReady();
  };

  const handBack = (run: HeldRun, origin: number): void => {
    options.slots.give(origin);
    options.executor.handBack(run);
  };

  const restUntilNext = async (owned: ShardRow[]): Promise<number> => {
    const sentMs = monotonicMs();
    const { now, next_due_ms: nextDueMs } = await peekDue(db, scanOf(owned, new Set()));
    clock.observe(now, sentMs);
    moveWatermarks(owned, new Set(), now);
    if (nextDueMs === null) return longestRestMs;
    // Timers may fire a millisecond early, and a look that comes early finds nothing and has to come again.
    return Math.min(longestRestMs, Math.max(1, Math.ceil(nextDueMs - clock.nowMs()) + 1));
  };

  return startLoop({
    look,
    failed: (error, failures) => {
      emit({ type: "loop_failed", loop: "fire", error, databaseAway: isUnavailable(error) });
      return retryDelayMs(failures);
    },
  });
}

/** Decides about every due cursor; takes slots for the runs that can begin at once. */
function prepare(options: FireLoopOptions, due: readonly DueCursor[], plans: ReadonlyMap<string, CachedPlan>, nodeId: number): Firing {
  const firing: Firing = { moves: [], runs: [], begin: [] };
  for (const row of due) {
    const cached = plans.get(planKey(row.job_id, row.revision));
    // The job was changed between the two reads: its new revision is found by the next look.
    if (!cached) continue;
    const plan = planFiring(
      { jobId: row.job_id, nextMs: row.next_ms, dueMs: row.due_ms, fired: row.fired },
      cached.plan,
      row.now,
      occurrencesPerJob,
    );
    firing.moves.push({
      shard: row.shard,
      jobId: row.job_id,
      revision: row.revision,
      nextMs: row.next_ms,
      newNextMs: plan.newNextMs,
      counted: plan.counted,
    });
    for (const { runId, nominalMs, verdict, reason } of plan.occurrences) {
      const begins = verdict === "run" && options.slots.take(cached.origin);
      const state = verdict === "skip" ? "skipped" : begins ? "running" : "ready";
      firing.runs.push({ shard: row.shard, jobId: row.job_id, runId, nominalMs, state, priority: cached.plan.priority, origin: cached.origin, reason });
      if (begins) {
        const run = { shard: row.shard, runId, jobId: row.job_id, revision: row.revision, nominalMs, attempt: 1, holder: nodeId, payload: null };
        firing.begin.push({ run, plan: cached });
      }
    }
  }
  return firing;
}

function scanOf(owned: readonly ShardRow[], fromTheBeginning: ReadonlySet<number>): ShardScan {
  return { shards: owned.map((row) => row.shard), watermarksMs: owned.map((row) => (fromTheBeginning.has(row.shard) ? 0 : row.watermarkMs)) };
}

/** Shards of which there may be more that is due. */
function fullPages(due: readonly DueCursor[], perShard: number): Set<number> {
  const rows = new Map<number, number>();
  for (const row of due) rows.set(row.shard, (rows.get(row.shard) ?? 0) + 1);
  return new Set([...rows].filter(([, count]) => count >= perShard).map(([shard]) => shard));
}

/** A herd in a few shards should be read in as large batches as one in all of them. */
function nextPerShard(perShard: number, shards: number, rows: number, full: boolean): number {
  const least = Math.max(leastPerShard, Math.ceil(batchCursors / shards));
  if (!full) return least;
  if (rows < batchCursors / 2) return Math.min(batchCursors, perShard * 2);
  return rows > batchCursors * 2 ? Math.max(least, perShard >> 1) : perShard;
}

/**
 * A shard whose page was not full has nothing due before now, except what commits late. Moved after firing, so that a failure leaves the marks where they
 * were; a full page leaves its mark too, as its dead rows are those of the last few seconds only.
 */
function moveWatermarks(owned: readonly ShardRow[], full: ReadonlySet<number>, nowMs: number): void {
  for (const row of owned) if (!full.has(row.shard)) row.watermarkMs = Math.max(row.watermarkMs, nowMs - lateCommitMs);
}

/** Chooses the shards whose turn it is to be scanned from the beginning, a few a look so that no look is slow. */
function createFullScans(): { due(owned: readonly ShardRow[]): Set<number> } {
  const scannedMs = new Map<number, number>();
  return {
    due(owned) {
      const nowMs = monotonicMs();
      const chosen = new Set<number>();
      for (const { shard } of owned) {
        // A shard just taken over starts at a random point of the round, so that 256 do not come at once.
        if (!scannedMs.has(shard)) scannedMs.set(shard, nowMs - Math.random() * fullScanEveryMs);
        if (chosen.size < 4 && nowMs - (scannedMs.get(shard) ?? 0) >= fullScanEveryMs) {
          chosen.add(shard);
          scannedMs.set(shard, nowMs);
        }
      }
      return chosen;
    },
  };
}
