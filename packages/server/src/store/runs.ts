import type { AttemptOutcomeName, FailureClass, HoldReason, NextReason, RunKind, RunState } from "@punctual/contract";
import { shardCount, shardOf } from "../model/ids.ts";
import type { Placement } from "../model/placement.ts";
import { isTerminal } from "../model/run-states.ts";
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
  /** Who ended it, or asked for its end, when a person did. */
  ended_by: string | null;
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
const liveColumns = `run_id, job_id, revision, state, kind, punctual.ms(nominal_at) as nominal_ms, punctual.ms(due_at) as due_ms, attempt,
  punctual.ms(started_at) as started_ms, null::float8 as finished_ms, cancel_reason as reason, cancelled_by as ended_by, rerun_of, held, ${queueName}`;
const finishedColumns = `run_id, job_id, revision, state, kind, punctual.ms(nominal_at) as nominal_ms, null::float8 as due_ms, attempt,
  punctual.ms(started_at) as started_ms, punctual.ms(finished_at) as finished_ms, reason, ended_by, rerun_of, null as held, ${queueName}`;

/** The run, or null when it does not exist or is another tenant's. Index: primary keys. */
export async function findRun(db: Queryable, tenantId: number, runId: string): Promise<RunRow | null> {
  const { rows } = await db.query<RunRow>({
    name: "find_run",
    text: `select ${liveColumns} from punctual.live_runs r where shard = $1 and run_id = $2 and tenant_id = $3
           union all
           select ${finishedColumns} from punctual.finished_runs r where shard = $1 and run_id = $2 and tenant_id = $3`,
    values: [shardOf(runId), runId, tenantId],
  });
  return rows[0] ?? null;
}

/** A run's attempts that have ended, in order. Index: primary key of attempts. */
export async function readAttempts(db: Queryable, runId: string): Promise<AttemptRow[]> {
  const { rows } = await db.query<AttemptRow & { node_id: string | null }>({
    name: "read_attempts",
    text: `select attempt, outcome, punctual.ms(started_at) as started_ms, punctual.ms(finished_at) - punctual.ms(started_at) as duration_ms, failure_class,
                  status_code, error, output, output_truncated, node_id, late, punctual.ms(next_at) as next_ms, next_because,
                  may_have_been_seen, worker
           from punctual.attempts where shard = $1 and run_id = $2 order by attempt, late, finished_at`,
    values: [shardOf(runId), runId],
  });
  return rows.map((row) => ({ ...row, node_id: row.node_id === null ? null : Number(row.node_id) }));
}

export type RunFilters = {
  jobId?: string;
  state?: RunState;
  kind?: RunKind;
  /** Nominal time, from inclusive, to exclusive, epoch ms. */
  fromMs?: number;
  toMs?: number;
};

/**
 * A page of runs by nominal time, which run ids sort by. Live and ended ones are read in one snapshot, so that a run that ends meanwhile is neither missed
 * nor doubled. Index: finished_runs_tenant or finished_runs_job; primary key or live_runs_job of live_runs, shard by shard.
 *
 * @param pastId the last id of the page before, or null
 */
export async function listRuns(
  db: Queryable,
  tenantId: number,
  filters: RunFilters,
  page: { pastId: string | null; limit: number; order: "asc" | "desc" },
): Promise<RunRow[]> {
  const values: unknown[] = [tenantId];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = ["tenant_id = $1"];
  if (filters.fromMs !== undefined) where.push(`run_id >= ${bind(lowestIdAt(filters.fromMs))}::uuid`);
  if (filters.toMs !== undefined) where.push(`run_id < ${bind(lowestIdAt(filters.toMs))}::uuid`);
  if (page.pastId !== null) where.push(`run_id ${page.order === "desc" ? "<" : ">"} ${bind(page.pastId)}::uuid`);
  if (filters.state) where.push(`state = ${bind(filters.state)}`);
  if (filters.kind) where.push(`kind = ${bind(filters.kind)}`);
  if (filters.jobId !== undefined) where.push(`job_id = ${bind(filters.jobId)}::uuid`);
  const condition = where.join(" and ");
  const tail = `order by run_id ${page.order} limit ${bind(page.limit)}`;
  const shard = filters.jobId === undefined ? null : bind(shardOf(filters.jobId));
  const live = shard
    ? `select ${liveColumns} from punctual.live_runs r where shard = ${shard} and ${condition} ${tail}`
    : `select l.* from generate_series(0, ${shardCount - 1}) as s(shard) cross join lateral (
         select ${liveColumns} from punctual.live_runs r where shard = s.shard::smallint and ${condition} ${tail}) l`;
  const finished = `select ${finishedColumns} from punctual.finished_runs r where ${shard ? `shard = ${shard} and ` : ""}${condition} ${tail}`;
  // A state is found in one of the two only: looking for running ones among the ended would walk all history and find none.
  const parts = filters.state ? [isTerminal(filters.state) ? finished : live] : [live, finished];
  const { rows } = await db.query<RunRow>(`select * from (${parts.map((part) => `(${part})`).join(" union all ")}) found ${tail}`, values);
  return rows;
}

/** The smallest run id of a nominal time: ids begin with 48 bits of it. */
function lowestIdAt(epochMs: number): string {
  const time = Math.min(Math.max(0, Math.trunc(epochMs)), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`;
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
