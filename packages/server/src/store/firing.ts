import type { HoldReason } from "@punctual/contract";
import type { NextOccurrence } from "../model/firing-plan.ts";
import type { Placement } from "../model/placement.ts";
import type { Queryable } from "./database.ts";
import { fireInPlaceSql, fireSql, fireUnlessBusySql } from "./fire-statements.ts";
import { dueSql, newestDueSql, peekSql } from "./hot-statements.ts";

/** Shards with the watermark of each, in the same order; epoch ms. */
export type ShardScan = { shards: number[]; watermarksMs: number[] };

export type DueCursor = {
  shard: number;
  job_id: string;
  tenant_id: number;
  revision: number;
  next_ms: number;
  due_ms: number;
  fired: number;
  now: number;
  /** Where the row was: until it is changed. */
  place: string;
};

/** See dueSql. */
export async function readDue(db: Queryable, scan: ShardScan, perShard: number): Promise<DueCursor[]> {
  const { rows } = await db.query<DueCursor>({ name: "due", text: dueSql, values: [scan.shards, scan.watermarksMs, perShard] });
  return rows;
}

/** See newestDueSql. */
export async function readNewestDue(db: Queryable, scan: ShardScan, perShard: number): Promise<DueCursor[]> {
  const { rows } = await db.query<DueCursor>({
    name: "newest_due",
    text: newestDueSql,
    values: [scan.shards, scan.watermarksMs, perShard],
  });
  return rows;
}

/** See peekSql. */
export async function peekDue(db: Queryable, scan: ShardScan): Promise<{ now: number; next_due_ms: number | null }> {
  const { rows } = await db.query<{ now: number; next_due_ms: number | null }>({
    name: "peek",
    text: peekSql,
    values: [scan.shards, scan.watermarksMs],
  });
  return rows[0] ?? { now: Number.NaN, next_due_ms: null };
}

/** How a cursor moves: from the occurrence that was read to the next, or to its end (null). `counted` occurrences count against maxRuns. */
export type CursorMove = {
  shard: number;
  jobId: string;
  revision: number;
  nextMs: number;
  /** Null ends the cursor; `on_completion` keeps it without a next occurrence until the run has ended. */
  next: NextOccurrence | "on_completion" | null;
  counted: number;
  /** Of the cursor, as it was read a moment ago. */
  place?: string;
};

/** What becomes of one occurrence. */
export type NewRun = {
  shard: number;
  jobId: string;
  runId: string;
  nominalMs: number;
  /** waiting: held, for the reason in `held`. */
  state: "running" | "ready" | "waiting" | "skipped";
  placement: Placement;
  /** When it is skipped if it has not begun; null for never. */
  expiresMs: number | null;
  held: HoldReason | null;
  reason: string | null;
};

/**
 * See fireSql, and fireInPlaceSql, which is taken when the place of every cursor is known.
 *
 * @param nodeId the node that holds the runs born running; null when a command records what was due
 * @returns ids of the runs now live, and the database's time
 */
export async function fire(
  db: Queryable,
  nodeId: number | null,
  moves: readonly CursorMove[],
  runs: readonly NewRun[],
): Promise<{ live: Set<string>; nowMs: number | null }> {
  const runsOf = runTuples(runs);
  const toLive = runs.filter((run) => run.state !== "skipped").map((run) => run.runId);
  const inPlace = moves.every(({ place }) => place !== undefined);
  const tuples = moves.map((move) => (inPlace ? [...moveTuple(move, runsOf), move.place] : moveTuple(move, runsOf)));
  const { rows } = await db.query<{ among: string[] | null; now: number }>({
    ...(inPlace ? { name: "fire", text: fireInPlaceSql } : { name: "fire_by_key", text: fireSql }),
    values: [nodeId, JSON.stringify(tuples), toLive.length],
  });
  const { among, now } = rows[0] ?? { among: [], now: null };
  return { live: new Set(among ?? toLive), nowMs: now };
}

/** The move of a job whose runs must not overlap. */
export type GuardedMove = CursorMove & {
  overlap: "skip" | "queue" | "cancel_previous";
  /** Under `skip`, where the cursor goes when its occurrence is skipped, for that counts for nothing. */
  nextIfSkipped: NextOccurrence | null;
};

/**
 * See fireUnlessBusySql.
 *
 * @param nodeId as of fire
 * @returns what became of each run, one that is missing was not fired; and the database's time
 */
export async function fireUnlessBusy(
  db: Queryable,
  nodeId: number | null,
  moves: readonly GuardedMove[],
  runs: readonly NewRun[],
): Promise<{ became: Map<string, NewRun["state"]>; nowMs: number | null }> {
  const runsOf = runTuples(runs);
  const tuples = moves.map((move) => {
    const { overlap, nextIfSkipped } = move;
    const ifSkipped = overlap === "skip" ? [nextIfSkipped === null, nextIfSkipped?.nominalMs, nextIfSkipped?.dueMs] : [];
    return [...moveTuple(move, runsOf), overlap, ...ifSkipped];
  });
  const values = [nodeId, JSON.stringify(tuples)];
  const { rows } = await db.query<{ run_id: string; state: NewRun["state"]; now: number }>({
    name: "fire_unless_busy",
    text: fireUnlessBusySql,
    values,
  });
  return { became: new Map(rows.map((row) => [row.run_id, row.state])), nowMs: rows[0]?.now ?? null };
}

type RunTuples = ReadonlyMap<string, unknown[][]>;

function moveTuple({ shard, jobId, revision, nextMs, next, counted }: CursorMove, runsOf: RunTuples): unknown[] {
  const to = next === "on_completion" || next === null ? null : next;
  return [shard, jobId, revision, nextMs, to?.nominalMs, to?.dueMs, counted, next === null, runsOf.get(jobId) ?? []];
}

/** The runs of each job. */
function runTuples(runs: readonly NewRun[]): RunTuples {
  const byJob = new Map<string, unknown[][]>();
  for (const { jobId, runId, nominalMs, state, placement, reason, expiresMs, held } of runs) {
    const { priority, origin, queue, concurrencyKey, pulled } = placement;
    const tuple = [runId, nominalMs, state, priority, origin];
    // What follows is null for nearly all, and missing is null too.
    const isPlain = reason === null && queue === null && concurrencyKey === null && expiresMs === null && held === null;
    const whole = isPlain ? tuple : [...tuple, reason, queue, concurrencyKey, pulled, expiresMs, held];
    const others = byJob.get(jobId);
    if (others) others.push(whole);
    else byJob.set(jobId, [whole]);
  }
  return byJob;
}
