import type { AttemptOutcomeName, FailureClass, HoldReason, NextReason, TerminalRunState } from "@punctual/contract";
import type { Queryable } from "./database.ts";
import { claimNewestSql, claimSql, orphansSql, peekRunsSql, wakeSql } from "./hot-statements.ts";
import { acceptRuns } from "./leasing.ts";
import { settleSql, settleSucceededSql } from "./settle-statements.ts";

/** A run this node has just taken. */
export type ClaimedRun = {
  shard: number;
  run_id: string;
  job_id: string;
  tenant_id: number;
  revision: number;
  nominal_ms: number;
  attempt: number;
  /** What its deadline counts from: when its first attempt began, this one when it is the first, or when a person retried it since. */
  started_ms: number;
  origin: number;
  payload: string | null;
  now: number;
};

/** See wakeSql. @returns how many became ready */
export async function wakeWaiting(db: Queryable, shards: readonly number[], perShard: number): Promise<number> {
  const { rowCount } = await db.query({ name: "wake", text: wakeSql, values: [shards, perShard] });
  return rowCount ?? 0;
}

/** See peekRunsSql. */
export async function peekRuns(
  db: Queryable,
  shards: readonly number[],
): Promise<{ now: number; next_wake_ms: number | null; any_ready: boolean }> {
  const { rows } = await db.query<{ now: number; next_wake_ms: number | null; any_ready: boolean }>({
    name: "peek_runs",
    text: peekRunsSql,
    values: [shards],
  });
  return rows[0] ?? { now: Number.NaN, next_wake_ms: null, any_ready: false };
}

type Claim = (
  db: Queryable,
  nodeId: number,
  shards: readonly number[],
  limits: { perShard: number; total: number },
  leaveOrigins: readonly number[],
) => Promise<ClaimedRun[]>;

const claimBy =
  (name: string, text: string): Claim =>
  async (db, nodeId, shards, { perShard, total }, leaveOrigins) => {
    const { rows } = await db.query<ClaimedRun>({ name, text, values: [shards, perShard, total, nodeId, leaveOrigins] });
    return rows;
  };

/** See claimSql. */
export const claimReady = claimBy("claim", claimSql);

/** See claimNewestSql. */
export const claimNewest = claimBy("claim_newest", claimNewestSql);

/** What became of an attempt, and what the run becomes by it. */
export type AttemptResult = {
  shard: number;
  runId: string;
  holder: number;
  attempt: number;
  /** waiting: retry after `delayMs`; ready: handed back unbegun, as is waiting without evidence: no attempt spent; running: accepted, see `endsInMs`. */
  next: TerminalRunState | "waiting" | "ready" | "running";
  delayMs: number;
  reason: string | null;
  /** Why a failed attempt is followed by another then, or by none; null when it did not fail. */
  nextBecause: NextReason | null;
  /** The job has a fixed delay: when the run ends, its next occurrence begins to wait. */
  resumes: boolean;
  /** Why a run that was handed back unbegun waits; null for every other. */
  held: HoldReason | null;
  /**
   * Of a run handed back unbegun: since when it was held, by the database's clock. The next hold may be of the same holder in the same attempt, and a hand-back
   * that comes late or again must not end it. Null when nobody knows.
   */
  heldMs?: number | null;
  /** The worker that made the attempt; none for a node's. */
  worker?: string;
  /** Of an attempt that its target has accepted: how long it has from now to complete it. The evidence comes with that. */
  endsInMs?: number;
  /** Should the run not be held so any more, whoever tells this looks whose it is now, and tells it again: it is no late evidence. */
  toldAgain?: boolean;
  /** Null when no attempt was begun. */
  evidence: {
    outcome: AttemptOutcomeName;
    startedMs: number;
    durationMs: number;
    failureClass: FailureClass | null;
    statusCode: number | null;
    error: string | null;
    output: string | null;
    outputTruncated: boolean;
    mayHaveBeenSeen: boolean;
  } | null;
};

/** See settleSucceededSql, settleSql and acceptSql. @returns ids of the runs that were still held; the others were lost to another node */
export async function settle(db: Queryable, results: readonly AttemptResult[]): Promise<Set<string>> {
  return (await settleAnew(db, results)).kept;
}

/**
 * The same for results that may have been sent before: a batch takes up to three statements, of which any may have been carried out although its answer, or a later
 * one's, did not come.
 *
 * @returns ids of the runs that were still held, and of those whose very result was written already; the others were lost to another node
 */
export async function settleAnew(db: Queryable, results: readonly AttemptResult[]): Promise<{ kept: Set<string>; already: Set<string> }> {
  const plain = results.filter(isPlainSuccess);
  const succeeded = plain.length === 0 ? new Map<string, number>() : await settleSucceeded(db, plain);
  const kept = new Set(succeeded.keys());
  const accepted = results.filter(({ next }) => next === "running");
  if (accepted.length > 0) for (const runId of await acceptRuns(db, accepted)) kept.add(runId);
  // Also a success that was not held any more, which is judged like any other late result.
  const others = results.filter(({ runId, holder, next }) => next !== "running" && succeeded.get(runId) !== holder);
  const already = new Set<string>();
  if (others.length > 0) for (const row of await settleEnded(db, others)) (row.already ? already : kept).add(row.run_id);
  return { kept, already };
}

function isPlainSuccess({ next, attempt, resumes, evidence }: AttemptResult): boolean {
  return next === "succeeded" && attempt === 1 && !resumes && evidence !== null;
}

/** @returns the runs that were still held, and by whom */
async function settleSucceeded(db: Queryable, results: readonly AttemptResult[]): Promise<Map<string, number>> {
  const tuples = results.map(({ shard, runId, holder, worker, evidence: e }) => {
    const tuple = [shard, runId, holder, e?.startedMs, e?.durationMs, e?.statusCode];
    return e?.output === null && worker === undefined ? tuple : [...tuple, e?.output, e?.outputTruncated, worker];
  });
  const { rows } = await db.query<{ among: [string, number][] | null }>({
    name: "settle_succeeded",
    text: settleSucceededSql,
    values: [JSON.stringify(tuples)],
  });
  const { among } = rows[0] ?? { among: [] };
  return new Map(among ?? results.map(({ runId, holder }) => [runId, holder]));
}

async function settleEnded(db: Queryable, results: readonly AttemptResult[]): Promise<{ run_id: string; already: boolean }[]> {
  const tuples = results.map(
    ({ shard, runId, holder, attempt, next, delayMs, reason, nextBecause, resumes, held, heldMs, worker, toldAgain, evidence: e }) => [
      shard,
      runId,
      holder,
      attempt,
      next,
      delayMs,
      reason,
      e?.outcome,
      e?.startedMs,
      e?.durationMs,
      e?.failureClass,
      e?.statusCode,
      e?.error,
      e?.output,
      e?.outputTruncated ?? false,
      resumes,
      nextBecause,
      e?.mayHaveBeenSeen,
      held,
      worker,
      heldMs,
      toldAgain,
    ],
  );
  const { rows } = await db.query<{ run_id: string; already: boolean }>({
    name: "settle",
    text: settleSql,
    values: [JSON.stringify(tuples)],
  });
  return rows;
}

/** A run whose node's lease has ended. */
export type OrphanedRun = {
  shard: number;
  run_id: string;
  job_id: string;
  revision: number;
  attempt: number;
  holder: number;
  held_ms: number;
  /** As of a claimed run. */
  started_ms: number | null;
  now: number;
};

/** See orphansSql. */
export async function readOrphans(db: Queryable, shards: readonly number[], perShard: number): Promise<OrphanedRun[]> {
  const { rows } = await db.query<OrphanedRun & { holder: string }>({ name: "orphans", text: orphansSql, values: [shards, perShard] });
  return rows.map((row) => ({ ...row, holder: Number(row.holder) }));
}
