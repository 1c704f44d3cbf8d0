import { type Database, isUnavailable } from "../store/database.ts";
import { type DueCursor, fire, fireUnlessBusy, type NewRun, peekDue, readDue, readNewestDue, type ShardScan } from "../store/firing.ts";
import type { ShardRow } from "../store/shards.ts";
import type { Emit } from "../telemetry/events.ts";
import type { Breakers } from "./breaker-view.ts";
import type { Doubt } from "./doubt.ts";
import type { Executor } from "./executor.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { monotonicMs, type NodeClock } from "./node-clock.ts";
import type { JobToAttend } from "./overlap-loop.ts";
import { createPageSize, type PageSize } from "./page-size.ts";
import { type CachedPlan, type PlanCache, planKey } from "./plan-cache.ts";
import { type Firing, prepareFiring } from "./prepare-firing.ts";
import { createScanMarks, keep, keepFullPages } from "./scan-marks.ts";
import type { Settler } from "./settler.ts";
import type { ShardKeeper } from "./shard-keeper.ts";
import type { Slots } from "./slots.ts";

/** Nothing is slept through longer than this, whatever a wake-up may have told: polling is the truth. */
const longestRestMs = 1_000;
/** Without shards or trust there is nothing to look at; taking shards wakes the loop. */
const idleRestMs = 100;
/**
 * While runs are due all the time, looks are this far apart: a look costs a round trip whether it finds one run or fifty. At 2,894 runs a second 10 ms take 0.65 of a core
 * and half of the runs start within 10 ms; 20 ms take 0.57, and 18 ms.
 */
const busyRestMs = 14;

/** About how many cursors a scan takes, over all shards of a lane: enough for 25,000 runs a second, small enough that a look ends within 100 ms. */
const batchCursors = 1_000;
const leastPerShard = 4;
/** Of what is due behind a herd, so many of each shard a look: one job of another tenant would wait for 100,000 otherwise. */
const newestPerShard = 2;
/** A page that is full of what has only just become due is no herd: the next look is through with it. */
const patienceMs = 50;

export type FireLoopOptions = {
  db: Database;
  membership: () => Membership;
  shards: ShardKeeper;
  plans: PlanCache;
  executor: Executor;
  doubt: Doubt;
  settler: Pick<Settler, "isBehind">;
  slots: Slots;
  breakers: Breakers;
  /** Whether the database's clock shows what it may show by now. */
  isOnCourse: (nowMs: number) => boolean;
  clock: NodeClock;
  emit: Emit;
  /** Runs became ready: outside queues, and for this node in queues of these shards. They wait for a claim. */
  onReady: (outsideQueues: boolean, shardsOfQueues: ReadonlySet<number>) => void;
  /** A run is held until another one of its job has ended. */
  onHeld: (job: JobToAttend) => void;
  /** Runs for workers became ready in these shards. */
  onPulled: (shards: readonly number[]) => void;
};

/**
 * Each has half of the shards to itself: while one waits for its statement, the other decides and begins. One alone leaves the database idle half of the time and carries
 * 60 % of what two do; a third gains nothing on two cores.
 */
const lanes = 2;

/** What became of each run, and the database's time. */
type Fired = { became: ReadonlyMap<string, NewRun["state"]>; nowMs: number | null };

/** Turns occurrences into runs, the moment they are due: read what is due, decide in memory, fire in one statement, begin what has a slot. */
export function startFireLoop(options: FireLoopOptions): Loop {
  const all = Array.from({ length: lanes }, (_, lane) => startLane(options, (shard) => shard % lanes === lane));
  return {
    wake: () => {
      for (const lane of all) lane.wake();
    },
    stop: async () => {
      await Promise.all(all.map((lane) => lane.stop()));
    },
  };
}

function startLane(options: FireLoopOptions, isMine: (shard: number) => boolean): Loop {
  const { db, membership, shards, clock, emit } = options;
  const marks = createScanMarks();
  /** More was due at the last look than one look takes, and for longer than it should be. */
  let herd = false;
  /** Up to then, by the database's clock, nothing was to become due; looks before that only make sure, for a wake that was lost. */
  let quietUntilMs = Number.NEGATIVE_INFINITY;
  const freshPage = createPageSize(() => batchCursors, leastPerShard);
  const backlogPage = createPageSize(() => batchCursors, leastPerShard);

  const look = async (): Promise<number> => {
    const owned = shards.owned().filter(({ shard }) => isMine(shard));
    if (owned.length === 0 || !membership().trusted()) return idleRestMs;
    if (options.settler.isBehind()) return busyRestMs;
    // Before the same occurrences are fired again.
    if (await options.doubt.resolve()) options.onReady(true, new Set());
    if (!herd && clock.nowMs() < quietUntilMs) return restUntilNext(owned);
    const begunMs = monotonicMs();
    // First, while there are slots: the herd takes all that are free.
    if (herd) await passNewest(owned);
    const fresh = await pass(marks.fresh(owned), owned, freshPage);
    herd = fresh !== null && fresh.full && fresh.behindMs > patienceMs;
    const backlog = marks.backlog(owned);
    const late = backlog && (await pass(backlog, owned, backlogPage));
    // What is fired now would wait, too: those that claim have their turn, or each run is fired at the expense of one that could begin (20,000 a second ended as 11,600).
    if (fresh?.full || late?.full) return options.slots.isCrowded() ? monotonicMs() - begunMs : 0;
    return fresh || late ? busyRestMs : restUntilNext(owned);
  };

  /** Reads and fires what is due. @returns null when nothing was, else whether a shard may have more, and how late the latest of it is */
  const pass = async (scan: ShardScan, owned: readonly ShardRow[], page: PageSize): Promise<{ full: boolean; behindMs: number } | null> => {
    const perShard = page.of(scan.shards.length);
    const due = await readDue(db, scan, perShard);
    // What a clock that has just jumped calls due is not, until that was looked into.
    if (due[0] && !options.isOnCourse(due[0].now)) return { full: false, behindMs: 0 };
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
    return { full, behindMs: nowMs - Math.min(...due.map((row) => row.due_ms)) };
  };

  /** Marks are not touched: what stays due here lies behind what the full page left. */
  const passNewest = async (owned: readonly ShardRow[]): Promise<void> => {
    const due = await readNewestDue(db, marks.fresh(owned), newestPerShard);
    if (due[0] && options.isOnCourse(due[0].now)) await fireAll(due, new Map());
  };

  const fireAll = async (due: readonly DueCursor[], left: Map<number, number>): Promise<void> => {
    const plans = await options.plans.get(due.map((row) => ({ jobId: row.job_id, revision: row.revision })));
    const [free, guarded]: [DueCursor[], DueCursor[]] = [[], []];
    for (const row of due) (plans.get(planKey(row.job_id, row.revision))?.plan.overlap === "allow" ? free : guarded).push(row);
    // Two statements, so that the jobs that need not know what is live do not look. Most looks have only the first.
    for (const group of [free, guarded]) if (group.length > 0) await fireGroup(group, plans, left);
  };

  const fireGroup = async (due: readonly DueCursor[], plans: ReadonlyMap<string, CachedPlan>, left: Map<number, number>): Promise<void> => {
    const nodeId = membership().nodeId();
    const firing = prepareFiring(due, plans, nodeId, options);
    let fired: Fired;
    try {
      fired = await fireFiring(nodeId, firing);
    } catch (error) {
      for (const { plan } of firing.begin) options.slots.give(plan.placement.origin);
      options.doubt.raise(firing.begin.map(({ run }) => run));
      throw error;
    }
    const { became } = fired;
    beginAll(firing, fired);
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

  const beginAll = (firing: Firing, { became, nowMs }: Fired): void => {
    let begun = 0;
    for (const { run, plan } of firing.begin) {
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

  const restUntilNext = async (owned: readonly ShardRow[]): Promise<number> => {
    const sentMs = monotonicMs();
    quietUntilMs = Number.NEGATIVE_INFINITY;
    const scan = marks.everything(owned);
    const { now, next_due_ms: nextDueMs } = await peekDue(db, scan);
    clock.observe(now, sentMs);
    // It became due after the scan; were the marks moved, a node that was paused in between for long would pass over it.
    if (nextDueMs !== null && nextDueMs <= now) return 1;
    marks.passed(scan, owned, new Map(), now);
    quietUntilMs = nextDueMs ?? Number.POSITIVE_INFINITY;
    if (nextDueMs === null) return longestRestMs;
    // Timers may fire a millisecond early, and a look that comes early finds nothing and has to come again.
    return Math.min(longestRestMs, Math.max(1, Math.ceil(nextDueMs - clock.nowMs()) + 1));
  };

  const loop = startLoop({
    look,
    failed: (error, failures) => {
      emit({ type: "loop_failed", loop: "fire", error, databaseAway: isUnavailable(error) });
      return retryDelayMs(failures);
    },
  });
  return {
    ...loop,
    wake: () => {
      quietUntilMs = Number.NEGATIVE_INFINITY;
      loop.wake();
    },
  };
}
