import type { AttemptOutcomeName, FailureClass, HoldReason, NextReason, RunKind, RunState } from "@punctual/contract";
import { lowestIdAt, shardOf } from "../model/ids.ts";
import type { Placement } from "../model/placement.ts";
import type { Queryable } from "./database.ts";

/** A run, live or ended; times in epoch ms. */
export type RunRow = {
  run_id: string;
  job_id: string;
  revision: number;
  state: RunState;
  kind: RunKind;
  nominal_ms: number;
  /** When it is looked at next; null once ended. */
  due_ms: number | null;
  attempt: number;
  started_ms: number | null;
  finished_ms: number | null;
  reason: string | null;
  /** The run that this one repeats. */
  rerun_of: string | null;
  /** Why it waits, when not for its retry. */
  held: HoldReason | null;
  /** Its queue's name. */
  queue: string | null;
  /** Of one that a worker holds, or whose webhook was accepted; null of every other. */
  worker: string | null;
  lease_until_ms: number | null;
  progress: number | null;
  progress_message: string | null;
  /** Who ended it, or asked for its end, when a person did. */
  ended_by: string | null;
  /** Of its last attempt that ended. */
  failure_class: FailureClass | null;
  status_code: number | null;
};

export type AttemptRow = {
  attempt: number;
  outcome: AttemptOutcomeName;
  started_ms: number;
  duration_ms: number;
  failure_class: FailureClass | null;
  status_code: number | null;
  error: string | null;
  output: string | null;
  output_truncated: boolean;
  node_id: number | null;
  late: boolean;
  next_ms: number | null;
  next_because: NextReason | null;
  may_have_been_seen: boolean | null;
  worker: string | null;
};

/** The name behind a run's queue, which lies in the run's shard. */
const queueName = "(select q.name from punctual.queues q where q.shard = r.shard and q.queue = r.queue) as queue";
/**
 * What the last attempt that ended came to, which a live run's row `r` does not say. Attempts end after the first one began, but for an hour that clocks may
 * differ by: older partitions are not looked into.
 */
export const lastAttempt = `left join lateral (
  select a.failure_class, a.status_code from punctual.attempts a
  where a.shard = r.shard and a.run_id = r.run_id and r.attempt > 0 and a.finished_at >= r.started_at - interval '1 hour' and not a.late
  order by a.attempt desc limit 1) a on true`;
const liveColumns = `r.run_id, job_id, revision, state, kind, punctual.ms(nominal_at) as nominal_ms, punctual.ms(due_at) as due_ms, r.attempt,
  punctual.ms(r.started_at) as started_ms, null::float8 as finished_ms, cancel_reason as reason, cancelled_by as ended_by, rerun_of, held, ${queueName},
  a.failure_class, a.status_code, worker, case when holder < 0 then punctual.ms(expires_at) end as lease_until_ms, progress, progress_message`;
const finishedColumns = `run_id, job_id, revision, state, kind, punctual.ms(nominal_at) as nominal_ms, null::float8 as due_ms, attempt,
  punctual.ms(started_at) as started_ms, punctual.ms(finished_at) as finished_ms, reason, ended_by, rerun_of, null as held, ${queueName},
  failure_class, status_code, null::text as worker, null::float8 as lease_until_ms, null::smallint as progress, null::text as progress_message`;

/** The run, or null when it does not exist or is another tenant's. Index: primary keys. */
export async function findRun(db: Queryable, tenantId: number, runId: string): Promise<RunRow | null> {
  const { rows } = await db.query<RunRow>({
    name: "find_run",
    text: `select ${liveColumns} from punctual.live_runs r ${lastAttempt} where r.shard = $1 and r.run_id = $2 and tenant_id = $3
           union all
           select ${finishedColumns} from punctual.finished_runs r where shard = $1 and run_id = $2 and tenant_id = $3`,
    values: [shardOf(runId), runId, tenantId],
  });
  return rows[0] ?? null;
}

/** A run's attempts that have ended, in order; the only one of a run that succeeded at once is told by the run's row. Index: primary keys of attempts and finished_runs. */
export async function readAttempts(db: Queryable, runId: string): Promise<AttemptRow[]> {
  const { rows } = await db.query<AttemptRow & { node_id: string | null }>({
    name: "read_attempts",
    text: `select attempt, outcome, punctual.ms(started_at) as started_ms, punctual.ms(finished_at) - punctual.ms(started_at) as duration_ms, failure_class,
                  status_code, error, output, output_truncated, node_id, late, punctual.ms(next_at) as next_ms, next_because,
                  may_have_been_seen, worker
           from punctual.all_attempts where shard = $1 and run_id = $2 order by attempt, late, finished_at`,
    values: [shardOf(runId), runId],
  });
  return rows.map((row) => ({ ...row, node_id: row.node_id === null ? null : Number(row.node_id) }));
}

/**
 * Recorded occurrences of a job, from a nominal time (inclusive) to another (exclusive, null for no end), earliest first. Live and ended ones are read in
 * one snapshot, so that a run that ends meanwhile is neither missed nor doubled. Index: finished_runs_job; live_runs_job.
 */
export async function listOccurrenceRuns(
  db: Queryable,
  tenantId: number,
  jobId: string,
  range: { fromMs: number; toMs: number | null },
  limit: number,
): Promise<RunRow[]> {
  const where =
    "r.shard = $1 and job_id = $2 and tenant_id = $3 and kind = 'scheduled' and r.run_id >= $4::uuid and ($5::uuid is null or r.run_id < $5::uuid)";
  const { rows } = await db.query<RunRow>(
    `select * from (
       (select ${liveColumns} from punctual.live_runs r ${lastAttempt} where ${where} order by r.run_id limit $6)
       union all
       (select ${finishedColumns} from punctual.finished_runs r where ${where} order by run_id limit $6)) found order by run_id limit $6`,
    [shardOf(jobId), jobId, tenantId, lowestIdAt(range.fromMs), range.toMs === null ? null : lowestIdAt(range.toMs), limit],
  );
  return rows;
}

export type ManualRun = {
  runId: string;
  jobId: string;
  revision: number;
  placement: Placement;
  /** When it is skipped if it has not begun; null for never. */
  expiresMs: number | null;
  /** Instead of the job's, or null. */
  payload: string | null;
  /** The run that this one repeats, or null. */
  rerunOf: string | null;
};

/** Adds a manual run, ready at once; its nominal time is now. The same id twice is the same run. */
export async function insertManualRun(db: Queryable, tenantId: number, run: ManualRun, nominalMs: number): Promise<void> {
  await db.query({
    name: "insert_manual_run",
    text: `insert into punctual.live_runs (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt, payload,
             rerun_of, queue, concurrency_key, pulled, expires_at)
           values ($1, $2, $3, $4, $5, 'ready', 'manual', $6, $7, punctual.at($8), punctual.clock(), 0, $9, $10, $11, $12, $13, punctual.at($14))
           on conflict (shard, run_id) do nothing`,
    values: [
      shardOf(run.runId),
      run.runId,
      run.jobId,
      tenantId,
      run.revision,
      run.placement.priority,
      run.placement.origin,
      nominalMs,
      run.payload,
      run.rerunOf,
      run.placement.queue,
      run.placement.concurrencyKey,
      run.placement.pulled,
      run.expiresMs,
    ],
  });
}
