import { type Database, isUnavailable } from "../store/database.ts";
import { settle } from "../store/dispatching.ts";
import { type DueCursor, fire, peekDue, readDue, type ShardScan } from "../store/firing.ts";
import type { ShardRow } from "../store/shards.ts";
import type { Emit } from "../telemetry/events.ts";
import { type Executor, unbegun } from "./executor.ts";
import type { HeldRun } from "./held-run.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { monotonicMs, type NodeClock } from "./node-clock.ts";
import { createPageSize, type PageSize } from "./page-size.ts";
import type { PlanCache } from "./plan-cache.ts";
import { type Firing, prepareFiring } from "./prepare-firing.ts";
import { createScanMarks } from "./scan-marks.ts";
import type { ShardKeeper } from "./shard-keeper.ts";
import type { Slots } from "./slots.ts";

/** Nothing is slept through longer than this, whatever a wake-up may have told: polling is the truth. */
const longestRestMs = 1_000;
/** Without shards or trust there is nothing to look at; taking shards wakes the loop. */
const idleRestMs = 100;
/** While runs are due all the time, looks are this far apart: a look costs a round trip whether it finds one run or fifty. */
const busyRestMs = 10;

/** About how many cursors a scan takes, over all shards: enough for 25,000 runs a second, small enough that a look ends within 100 ms. */
const batchCursors = 1_000;
const leastPerShard = 4;

export type FireLoopOptions = {
  db: Database;
  membership: () => Membership;
  shards: ShardKeeper;
  plans: PlanCache;
  executor: Executor;
  slots: Slots;
  clock: NodeClock;
  emit: Emit;
  /** Runs became ready: they wait for a claim. Those of queues lie in these shards. */
  onReady: (shardsOfQueues: ReadonlySet<number>) => void;
};

/** Turns occurrences into runs, the moment they are due: read what is due, decide in memory, fire in one statement, begin what has a slot. */
export function startFireLoop(options: FireLoopOptions): Loop {
  const { db, membership, shards, clock, emit } = options;
  const marks = createScanMarks();
  const freshPage = createPageSize(() => batchCursors, leastPerShard);
  const backlogPage = createPageSize(() => batchCursors, leastPerShard);
  /** Runs of a fire whose answer never came. If it was carried out, this node holds them and has not begun them. */
  let doubtful: HeldRun[] = [];

  const look = async (): Promise<number> => {
    const owned = shards.owned();
    if (owned.length === 0 || !membership().trusted()) return idleRestMs;
    await resolveDoubt();
    const fresh = await pass(marks.fresh(owned), owned, freshPage);
    const backlog = marks.backlog(owned);
    const late = backlog && (await pass(backlog, owned, backlogPage));
    if (fresh?.full || late?.full) return 0;
    return fresh || late ? busyRestMs : restUntilNext(owned);
  };

  /** Before the same occurrences are fired again: later, the hand-back could no longer be told from the new fire, and would undo it. */
  const resolveDoubt = async (): Promise<void> => {
    if (doubtful.length === 0) return;
    await settle(db, doubtful.map(unbegun));
    doubtful = [];
    options.onReady(new Set());
  };

  /** Reads and fires what is due. @returns null when nothing was, else whether a shard may have more */
  const pass = async (scan: ShardScan, owned: readonly ShardRow[], page: PageSize): Promise<{ full: boolean } | null> => {
    const perShard = page.of(scan.shards.length);
    const due = await readDue(db, scan, perShard);
    const left = new Map<number, number>();
    if (due.length > 0) await fireAll(due, left);
    const full = keepFullPages(due, perShard, left);
    page.learn(due.length, full);
    const nowMs = due[0]?.now;
    if (nowMs === undefined) {
      // Nothing before the marks of a backlog; the fresh marks are moved by the peek, which knows the time.
      if (page === backlogPage) marks.passed(scan, owned, left, Number.NEGATIVE_INFINITY);
      return null;
    }
    marks.passed(scan, owned, left, nowMs);
    return { full };
  };

  const fireAll = async (due: readonly DueCursor[], left: Map<number, number>): Promise<void> => {
    const nodeId = membership().nodeId();
    const plans = await options.plans.get(due.map((row) => ({ jobId: row.job_id, revision: row.revision })));
    const firing = prepareFiring(due, plans, nodeId, options);
    let live: Set<string>;
    try {
      ({ live } = await fire(db, nodeId, firing.moves, firing.runs));
    } catch (error) {
      for (const { plan } of firing.begin) options.slots.give(plan.placement.origin);
      doubtful = firing.begin.map(({ run }) => run);
      throw error;
    }
    beginAll(firing, live);
    for (const [shard, dueMs] of firing.stillDue) keep(left, shard, dueMs);
    // Refused: another owner was quicker, or the database says that the lease has ended.
    for (const run of firing.runs) if (run.state !== "skipped" && !live.has(run.runId)) keep(left, run.shard, run.nominalMs);
  };

  const beginAll = (firing: Firing, live: ReadonlySet<string>): void => {
    for (const { run, plan } of firing.begin) {
      if (live.has(run.runId) && membership().trusted()) {
        options.executor.begin(run, plan);
        continue;
      }
      options.slots.give(plan.placement.origin);
      if (live.has(run.runId)) options.executor.handBack(run);
    }
    const skipped = firing.runs.filter((run) => run.state === "skipped").length;
    emit({ type: "fired", runs: live.size, skipped, handed: firing.begin.length });
    if (live.size <= firing.begin.length) return;
    options.onReady(new Set(firing.runs.filter((run) => run.placement.queue !== null && live.has(run.runId)).map((run) => run.shard)));
  };

  const restUntilNext = async (owned: readonly ShardRow[]): Promise<number> => {
    const sentMs = monotonicMs();
    const scan = marks.fresh(owned);
    const { now, next_due_ms: nextDueMs } = await peekDue(db, scan);
    clock.observe(now, sentMs);
    // It became due after the scan; were the marks moved, a node that was paused in between for long would pass over it.
    if (nextDueMs !== null && nextDueMs <= now) return 1;
    marks.passed(scan, owned, new Map(), now);
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

/** Behind a full page there may be more, due from its last row on. @returns whether any page was full */
function keepFullPages(due: readonly DueCursor[], perShard: number, left: Map<number, number>): boolean {
  const pages = new Map<number, { rows: number; lastMs: number }>();
  for (const { shard, due_ms: dueMs } of due) pages.set(shard, { rows: (pages.get(shard)?.rows ?? 0) + 1, lastMs: dueMs });
  const full = [...pages].filter(([, page]) => page.rows >= perShard);
  for (const [shard, { lastMs }] of full) keep(left, shard, lastMs);
  return full.length > 0;
}

function keep(left: Map<number, number>, shard: number, dueMs: number): void {
  left.set(shard, Math.min(left.get(shard) ?? dueMs, dueMs));
}
