import { isUnavailable } from "../store/database.ts";
import { peekDue, readDue, type ShardScan } from "../store/firing.ts";
import type { ShardRow } from "../store/shards.ts";
import { createFireDue, type FireDue, type FireDueOptions } from "./fire-due.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import { type NewcomerLoop, startNewcomerLoop } from "./newcomer-loop.ts";
import { monotonicMs, type NodeClock } from "./node-clock.ts";
import type { Pace } from "./pace.ts";
import { createPageSize, type PageSize } from "./page-size.ts";
import { createScanMarks, firstOfEach, fullPages, keep } from "./scan-marks.ts";
import type { Settler } from "./settler.ts";
import type { ShardKeeper } from "./shard-keeper.ts";

/** Nothing is slept through longer than this, whatever a wake-up may have told: polling is the truth. */
const longestRestMs = 1_000;
/** Without shards or trust there is nothing to look at; taking shards wakes the loop. */
const idleRestMs = 100;
/**
 * While runs are due all the time, looks are this far apart: a look costs a round trip whether it finds one run or fifty. At 2,894 runs a second, looks of two lanes 10 ms apart take 0.65 of a
 * core and half of the runs start within 10 ms; 20 ms take 0.57, and 18 ms. Three lanes 18 ms apart are as many looks as two 12 ms apart.
 */
const busyRestMs = 18;

/** About how many cursors a scan takes, over all shards of a lane: enough for 25,000 runs a second, small enough that a look ends within 100 ms. */
const batchCursors = 1_000;
/** Two looks like more than one look takes as soon as two are due at once; at full strength it is four or more. Of a herd that holds back, fewer are better. */
const leastPerShard = 2;
const leastOfHerd = 1;
/** A page that is full of what has only just become due is no herd: the next look is through with it. */
const patienceMs = 50;

export type FireLoopOptions = FireDueOptions & {
  shards: ShardKeeper;
  settler: Pick<Settler, "isBehind">;
  /** Whether the database's clock shows what it may show by now. */
  isOnCourse: (nowMs: number) => boolean;
  clock: NodeClock;
  pace: Pace;
};

/**
 * Each has a third of the shards to itself: while one waits for its statement, another decides and begins. One alone leaves the database idle half of the time and carries
 * 60 % of what two do; the third gains nothing where definitions are known, and a herd of a million, whose definitions have to be read, goes from 16,400 to 19,500 a second.
 */
const lanes = 3;

/** Turns occurrences into runs, the moment they are due: read what is due, decide in memory, fire in one statement, begin what has a slot. */
export function startFireLoop(options: FireLoopOptions): Loop {
  const fireDue = createFireDue(options);
  const newcomers = startNewcomerLoop({ ...options, fireDue });
  const all = Array.from({ length: lanes }, (_, lane) => startLane(options, lane, fireDue, newcomers));
  return {
    wake: () => {
      for (const lane of all) lane.wake();
    },
    stop: async () => {
      await Promise.all([newcomers, ...all].map((loop) => loop.stop()));
    },
  };
}

function startLane(options: FireLoopOptions, lane: number, fireDue: FireDue, newcomers: NewcomerLoop): Loop {
  const { db, membership, shards, clock, emit } = options;
  const marks = createScanMarks();
  /** More was due at the last look than one look takes, and for longer than it should be. */
  let herd = false;
  /** So was there of what has been due for long, which is a herd as well: one of a million is ten seconds old before it is through. */
  let late = false;
  /** Up to then, by the database's clock, nothing was to become due; looks before that only make sure, for a wake that was lost. */
  let quietUntilMs = Number.NEGATIVE_INFINITY;
  const least = () => (herd ? leastOfHerd : leastPerShard);
  const freshPage = createPageSize(() => (herd ? options.pace.batch(batchCursors) : batchCursors), least);
  const backlogPage = createPageSize(() => (herd ? options.pace.batch(batchCursors) : batchCursors), least);

  const look = async (): Promise<number> => {
    const owned = shards.owned().filter(({ shard }) => shard % lanes === lane);
    if (owned.length === 0 || !membership().trusted()) return idleRestMs;
    if (options.settler.isBehind()) return busyRestMs;
    // Before the same occurrences are fired again.
    if (await options.doubt.resolve()) options.onReady(true, new Set());
    if (!herd && clock.nowMs() < quietUntilMs) return restUntilNext(owned);
    const begunMs = monotonicMs();
    const fresh = await pass(marks.fresh(owned), owned, freshPage);
    const backlog = marks.backlog(owned);
    const missed = backlog && (await pass(backlog, owned, backlogPage));
    if (backlog === null) late = false;
    // What is fired now would wait, too: those that claim have their turn, or each run is fired at the expense of one that could begin (20,000 a second ended as 11,600).
    const busyMs = monotonicMs() - begunMs;
    if (fresh?.full || missed?.full) return Math.max(options.slots.isCrowded() ? busyMs : 0, herd ? options.pace.restMs(busyMs) : 0);
    return fresh || missed ? busyRestMs : restUntilNext(owned);
  };

  /** Reads and fires what is due. @returns null when nothing was, else whether a shard may have more */
  const pass = async (scan: ShardScan, owned: readonly ShardRow[], page: PageSize): Promise<{ full: boolean } | null> => {
    const perShard = page.of(scan.shards.length);
    let due = await readDue(db, scan, perShard);
    // What a clock that has just jumped calls due is not, until that was looked into.
    if (due[0] && !options.isOnCourse(due[0].now)) return { full: false };
    const nowMs = due[0]?.now;
    let herds = fullPages(due, perShard);
    const full = herds.size > 0;
    page.learn(due.length, full);
    if (page === freshPage) {
      const wasHerd = herd;
      const isLate = nowMs !== undefined && nowMs - Math.min(...due.map((row) => row.due_ms)) > patienceMs;
      herd = late || (full && (isLate || due.length >= batchCursors / 2));
      // Its first page was read before anybody knew.
      if (herd) options.pace.begin();
      if (herd && !wasHerd) [due, herds] = firstOfEach(due, options.pace.batch(perShard), herds);
      const upToMs = (shard: number, index: number): number => herds.get(shard) ?? nowMs ?? scan.watermarksMs[index] ?? 0;
      newcomers.met(lane, herd ? new Map(scan.shards.map((shard, index) => [shard, upToMs(shard, index)])) : null);
    } else late = full;
    if (herd) newcomers.fires(due.filter(({ shard }) => herds.has(shard)));
    const left = due.length > 0 ? await fireDue(due, herds) : new Map<number, number>();
    for (const [shard, lastMs] of herds) keep(left, shard, lastMs);
    if (nowMs === undefined) {
      // Nothing before the marks of a backlog; the fresh marks are moved by the peek, which knows the time.
      if (page === backlogPage) marks.passed(scan, owned, left, Number.NEGATIVE_INFINITY);
      return null;
    }
    marks.passed(scan, owned, left, nowMs);
    return { full };
  };

  const restUntilNext = async (owned: readonly ShardRow[]): Promise<number> => {
    const sentMs = monotonicMs();
    quietUntilMs = Number.NEGATIVE_INFINITY;
    const scan = marks.everything(owned);
    const { now, next_due_ms: nextDueMs } = await peekDue(db, scan);
    clock.observe(now, sentMs);
    options.pace.calm(monotonicMs() - sentMs);
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
