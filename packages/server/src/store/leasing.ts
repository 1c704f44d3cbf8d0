import { shardOf } from "../model/ids.ts";
import type { Queryable } from "./database.ts";
import { acceptSql, extendSql, heldLeasesSql, readyQueuesSql } from "./lease-statements.ts";
import { settleLeasedSql } from "./settle-statements.ts";

/** How many holders one look-up gives; the sequence's step. */
const holdersAtOnce = 64;

/** Numbers nobody else has, below zero as all holders that are no nodes; a sequence that goes on when a node dies leaves gaps, which do no harm. */
export async function nextHolders(db: Queryable): Promise<number[]> {
  const { rows } = await db.query<{ first: string }>("select nextval('punctual.lease_holders') as first");
  const first = Number(rows[0]?.first);
  return Array.from({ length: holdersAtOnce }, (_, index) => -(first + index));
}

/** See readyQueuesSql. @returns the keys of those that have some */
export async function readReadyQueues(db: Queryable, queues: readonly { shard: number; queue: number }[]): Promise<Set<number>> {
  const values = [queues.map(({ shard }) => shard), queues.map(({ queue }) => queue)];
  const { rows } = await db.query<{ queue: string }>({ name: "ready_queues", text: readyQueuesSql, values });
  return new Set(rows.map((row) => Number(row.queue)));
}

/** A run under a lease. */
export type LeaseKey = { runId: string; holder: number; attempt: number };
export type Beat = LeaseKey & { leaseMs: number; endsMs: number; progress: number | null; message: string | null };
export type Extended = { untilMs: number; cancelReason: string | null };

/** See extendSql. @returns by run; those that are missing are lost */
export async function extendLeases(db: Queryable, beats: readonly Beat[]): Promise<Map<string, Extended>> {
  const tuples = beats.map(({ runId, holder, attempt, leaseMs, endsMs, progress, message }) => [
    shardOf(runId),
    runId,
    holder,
    attempt,
    leaseMs,
    endsMs,
    progress,
    message,
  ]);
  const { rows } = await db.query<{ run_id: string; until_ms: number; cancel_reason: string | null }>({
    name: "extend_leases",
    text: extendSql,
    values: [JSON.stringify(tuples)],
  });
  return new Map(rows.map((row) => [row.run_id, { untilMs: row.until_ms, cancelReason: row.cancel_reason }]));
}

/** See acceptSql. @returns ids of the runs that were still held */
export async function acceptRuns(db: Queryable, runs: readonly (LeaseKey & { shard: number; endsInMs?: number })[]): Promise<string[]> {
  const tuples = runs.map(({ shard, runId, holder, attempt, endsInMs }) => [shard, runId, holder, attempt, endsInMs]);
  const { rows } = await db.query<{ run_id: string }>({ name: "accept_runs", text: acceptSql, values: [JSON.stringify(tuples)] });
  return rows.map((row) => row.run_id);
}

/** A run that somebody other than a node holds, with what settling it needs; times in epoch ms. */
export type HeldLease = {
  run_id: string;
  job_id: string;
  tenant_id: number;
  revision: number;
  worker: string | null;
  cancel_reason: string | null;
  nominal_ms: number;
  held_ms: number;
  started_ms: number | null;
  now: number;
};

/** See heldLeasesSql. */
export async function readHeldLeases(db: Queryable, leases: readonly LeaseKey[]): Promise<{ held: Map<string, HeldLease>; nowMs: number }> {
  const tuples = leases.map(({ runId, holder, attempt }) => [shardOf(runId), runId, holder, attempt]);
  const { rows } = await db.query<HeldLease & { job_id: string | null }>({
    name: "held_leases",
    text: heldLeasesSql,
    values: [JSON.stringify(tuples)],
  });
  const held = rows.filter((row) => row.job_id !== null).map((row): [string, HeldLease] => [row.run_id, row]);
  return { held: new Map(held), nowMs: rows[0]?.now ?? Number.NaN };
}

/** The success of a leased run's first attempt. */
export type LeasedSuccess = { runId: string; holder: number; output: string | null; outputTruncated: boolean };
/** A run that has ended so, with what was read of it. */
export type EndedLease = Pick<HeldLease, "run_id" | "job_id" | "tenant_id" | "revision" | "nominal_ms" | "held_ms" | "now">;

/** See settleLeasedSql. @returns those that were still held */
export async function settleLeased(db: Queryable, successes: readonly LeasedSuccess[]): Promise<EndedLease[]> {
  const tuples = successes.map(({ runId, holder, output, outputTruncated }) =>
    output === null ? [shardOf(runId), runId, holder] : [shardOf(runId), runId, holder, output, outputTruncated],
  );
  const { rows } = await db.query<EndedLease>({ name: "settle_leased", text: settleLeasedSql, values: [JSON.stringify(tuples)] });
  return rows;
}

/**
 * The run of an accepted webhook in this attempt, also while its request is still under way; null when that attempt is over, or a worker's.
 *
 * $1 shard, $2 run, $3 attempt. Index: primary key of live_runs.
 */
export async function readAcceptedRun(db: Queryable, runId: string, attempt: number): Promise<(HeldLease & { holder: number }) | null> {
  const { rows } = await db.query<HeldLease & { holder: string }>({
    name: "accepted_run",
    text: `select run_id, job_id, tenant_id, revision, worker, cancel_reason, holder, punctual.ms(nominal_at) as nominal_ms, punctual.ms(due_at) as held_ms,
                  punctual.ms(started_at) as started_ms, punctual.ms(punctual.clock()) as now
           from punctual.live_runs where shard = $1 and run_id = $2 and attempt = $3 and state = 'running' and worker is null and not pulled`,
    values: [shardOf(runId), runId, attempt],
  });
  const row = rows[0];
  return row ? { ...row, holder: Number(row.holder) } : null;
}

/**
 * Takes what the receiver of an accepted webhook tells of its progress.
 *
 * $1 shard, $2 run, $3 attempt, $4 percent or null, $5 message or null. Locks: the run's row. Index: primary key of live_runs.
 */
export async function noteProgress(
  db: Queryable,
  { runId, attempt, progress, message }: { runId: string; attempt: number; progress: number | null; message: string | null },
): Promise<void> {
  await db.query({
    name: "note_progress",
    text: `update punctual.live_runs set progress = coalesce($4, progress), progress_message = coalesce($5, progress_message)
           where shard = $1 and run_id = $2 and attempt = $3 and state = 'running' and worker is null and not pulled`,
    values: [shardOf(runId), runId, attempt, progress, message],
  });
}
