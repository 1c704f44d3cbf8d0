import type { DueCursor, ShardScan } from "../store/firing.ts";
import type { ShardRow } from "../store/shards.ts";
import { monotonicMs } from "./node-clock.ts";

/** Rows may become visible this much after the time they are due at, when the transaction that wrote them was slow to commit. */
const lateCommitMs = 10_000;
/**
 * Most rows are visible at once. So that not every look walks what has fired in the last ten seconds (29,000 entries at 2,894 runs a second, and with a snapshot held elsewhere each is
 * looked up in the table), looks begin a second ago, or where the last one had to leave off, and one every two seconds begins at the watermark.
 */
const soonVisibleMs = 1_000;
const wideScanEveryMs = 2_000;
/** Every shard is scanned from the beginning this often, for rows that became visible even later (a commit that waited for its standby, say). */
const fullScanEveryMs = 60_000;
/** Full scans begun in one look, so that no look is slow. */
const fullScansAtOnce = 4;

/** What a scan left behind: by shard, the earliest time at which something that was due may still be. */
export type LeftBehind = ReadonlyMap<number, number>;

export type ScanMarks = {
  /** Everything that has become due lately, in all owned shards. */
  fresh(owned: readonly ShardRow[]): ShardScan;
  /** What is due for longer than that, in the few shards that have such; null when none has. */
  backlog(owned: readonly ShardRow[]): ShardScan | null;
  /** Both in one, each shard from the earlier of its marks: to see that nothing is due at all. */
  everything(owned: readonly ShardRow[]): ShardScan;
  /** A scan was read at `nowMs` and carried out. Called after firing, so that a failure leaves the marks where they were. */
  passed(scan: ShardScan, owned: readonly ShardRow[], left: LeftBehind, nowMs: number): void;
};

/**
 * Where scans begin, so that they do not walk again over the dead index entries of what has fired.
 *
 * Two kinds of scan, because one mark a shard cannot serve both: a mark that waits for a day's missed occurrences makes every look start a day ago, with
 * the live ones last; a mark that does not wait hides the missed ones. So the watermark always moves on, and what lies before it is a backlog with marks of
 * its own, scanned after the fresh scan of every look. What is stored for the next owner is the earlier of the two, so that a node that dies with a herd half
 * fired leaves nothing to be found by chance.
 */
export function createScanMarks(): ScanMarks {
  const backlogMs = new Map<number, number>();
  const fullScanMs = new Map<number, number>();
  const soonMs = new Map<number, number>();
  let wideScanAtMs = monotonicMs() + wideScanEveryMs;

  const beginFullScans = (owned: readonly ShardRow[]): void => {
    const nowMs = monotonicMs();
    let begun = 0;
    for (const { shard } of owned) {
      // A shard just taken over starts at a random point of the round, so that 256 do not come at once.
      const lastMs = fullScanMs.get(shard) ?? nowMs - Math.random() * fullScanEveryMs;
      const begins = begun < fullScansAtOnce && nowMs - lastMs >= fullScanEveryMs;
      fullScanMs.set(shard, begins ? nowMs : lastMs);
      if (!begins) continue;
      begun++;
      backlogMs.set(shard, 0);
    }
  };

  const forgetOthers = (owned: readonly ShardRow[]): void => {
    const held = new Set(owned.map((row) => row.shard));
    for (const marksMs of [backlogMs, soonMs]) for (const shard of [...marksMs.keys()]) if (!held.has(shard)) marksMs.delete(shard);
  };

  return {
    fresh(owned) {
      const isWide = monotonicMs() >= wideScanAtMs;
      if (isWide) wideScanAtMs = monotonicMs() + wideScanEveryMs;
      const from = ({ shard, watermarkMs }: ShardRow): number => (isWide ? watermarkMs : Math.max(watermarkMs, soonMs.get(shard) ?? 0));
      return { shards: owned.map((row) => row.shard), watermarksMs: owned.map(from) };
    },
    backlog(owned) {
      beginFullScans(owned);
      forgetOthers(owned);
      return backlogMs.size === 0 ? null : { shards: [...backlogMs.keys()], watermarksMs: [...backlogMs.values()] };
    },
    everything(owned) {
      beginFullScans(owned);
      forgetOthers(owned);
      const marks = owned.map(({ shard, watermarkMs }) => Math.min(watermarkMs, backlogMs.get(shard) ?? watermarkMs));
      return { shards: owned.map((row) => row.shard), watermarksMs: marks };
    },
    passed(scan, owned, left, nowMs) {
      const freshMs = nowMs - lateCommitMs;
      const scanned = new Set(scan.shards);
      const watermarksMs = new Map(owned.map((row) => [row.shard, row.watermarkMs]));
      for (const row of owned) if (scanned.has(row.shard)) row.watermarkMs = Math.max(row.watermarkMs, freshMs);
      for (const [index, shard] of scan.shards.entries()) {
        const leftMs = left.get(shard) ?? Number.POSITIVE_INFINITY;
        const markMs = backlogMs.get(shard) ?? Number.POSITIVE_INFINITY;
        // A fresh scan says nothing about what lies before its own mark.
        const keptMs = markMs < (scan.watermarksMs[index] ?? 0) ? markMs : Number.POSITIVE_INFINITY;
        const isFresh = (scan.watermarksMs[index] ?? 0) >= (watermarksMs.get(shard) ?? 0);
        // Left within ten seconds: no backlog, so that the next look has to begin there.
        const leftSoonMs = leftMs - 1 < freshMs ? Number.POSITIVE_INFINITY : leftMs - 1;
        soonMs.set(shard, Math.min(leftSoonMs, isFresh ? nowMs - soonVisibleMs : (soonMs.get(shard) ?? 0)));
        // A millisecond earlier, as times in the database are finer than that.
        const nextMs = Math.min(leftMs - 1, keptMs);
        if (nextMs < freshMs) backlogMs.set(shard, nextMs);
        else backlogMs.delete(shard);
      }
      for (const row of owned) if (scanned.has(row.shard)) row.backlogMs = backlogMs.get(row.shard) ?? null;
    },
  };
}

/** The shards that filled their page: behind it there may be more, due from its last row on. @returns by shard, when that row is due */
export function fullPages(due: readonly DueCursor[], perShard: number): Map<number, number> {
  const pages = new Map<number, { rows: number; lastMs: number }>();
  for (const { shard, due_ms: dueMs } of due) pages.set(shard, { rows: (pages.get(shard)?.rows ?? 0) + 1, lastMs: dueMs });
  return new Map([...pages].filter(([, { rows }]) => rows >= perShard).map(([shard, { lastMs }]) => [shard, lastMs]));
}

/** Of a page as many rows of each shard, and by shard, when the last of them is due, for those that have more. @param full as fullPages says of the whole page */
export function firstOfEach(
  due: readonly DueCursor[],
  perShard: number,
  full: ReadonlyMap<number, number>,
): [DueCursor[], Map<number, number>] {
  const counts = new Map<number, number>();
  const lasts = new Map(full);
  const taken: DueCursor[] = [];
  for (const row of due) {
    const count = (counts.get(row.shard) ?? 0) + 1;
    counts.set(row.shard, count);
    if (count <= perShard) taken.push(row);
    if (count === perShard + 1) lasts.set(row.shard, taken.findLast(({ shard }) => shard === row.shard)?.due_ms ?? row.due_ms);
  }
  return [taken, lasts];
}

/** The earliest time at which something may still be due in the shard. */
export function keep(left: Map<number, number>, shard: number, dueMs: number): void {
  left.set(shard, Math.min(left.get(shard) ?? dueMs, dueMs));
}
