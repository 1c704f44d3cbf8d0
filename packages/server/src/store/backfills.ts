import { shardOf } from "../model/ids.ts";
import type { Placement } from "../model/placement.ts";
import { advanceBackfillSql, runningBackfillsSql } from "./backfill-statements.ts";
import type { Queryable } from "./database.ts";

export type BackfillState = "running" | "paused" | "done" | "cancelled";

/** Times in epoch ms. */
export type BackfillRow = {
  backfill_id: string;
  job_id: string;
  revision: number;
  from_ms: number;
  to_ms: number;
  state: BackfillState;
  concurrency: number;
  priority: number;
  total: number;
  started: number;
  passed_over: number;
  live: number;
  created_by: string | null;
  created_ms: number;
  ended_ms: number | null;
  now: number;
};

export type NewBackfill = {
  backfillId: string;
  jobId: string;
  revision: number;
  fromMs: number;
  toMs: number;
  concurrency: number;
  priority: number;
  total: number;
  createdBy: string;
};

const columns = `b.backfill_id, b.job_id, b.revision, punctual.ms(b.from_at) as from_ms, punctual.ms(b.to_at) as to_ms, b.state, b.concurrency, b.priority, b.total,
  b.started, b.passed_over, b.created_by, punctual.ms(b.created_at) as created_ms, punctual.ms(b.ended_at) as ended_ms, punctual.ms(punctual.clock()) as now,
  (select count(*)::int from punctual.live_runs l where l.shard = b.shard and l.job_id = b.job_id and l.kind = 'backfill'
     and l.nominal_at >= b.from_at and l.nominal_at < b.to_at) as live`;

/** @returns whether it was made; false when the job has one that has not ended */
export async function insertBackfill(db: Queryable, tenantId: number, backfill: NewBackfill): Promise<boolean> {
  const { backfillId, jobId, revision, fromMs, toMs, concurrency, priority, total, createdBy } = backfill;
  const { rowCount } = await db.query({
    name: "insert_backfill",
    text: `insert into punctual.backfills (shard, backfill_id, job_id, tenant_id, revision, from_at, to_at, next_at, state, concurrency, priority, total,
             created_by, created_at)
           values ($1, $2, $3, $4, $5, punctual.at($6), punctual.at($7), punctual.at($6), 'running', $8, $9, $10, $11, punctual.clock())
           on conflict (shard, job_id) where state in ('running', 'paused') do nothing`,
    values: [shardOf(backfillId), backfillId, jobId, tenantId, revision, fromMs, toMs, concurrency, priority, total, createdBy],
  });
  return rowCount === 1;
}

/** The backfill, or null when it does not exist or is another tenant's. Index: primary key. */
export async function findBackfill(db: Queryable, tenantId: number, backfillId: string): Promise<BackfillRow | null> {
  const { rows } = await db.query<BackfillRow>({
    name: "find_backfill",
    text: `select ${columns} from punctual.backfills b where b.shard = $1 and b.backfill_id = $2 and b.tenant_id = $3`,
    values: [shardOf(backfillId), backfillId, tenantId],
  });
  return rows[0] ?? null;
}

/** A page, newest first. Index: backfills_tenant. */
export async function listBackfills(
  db: Queryable,
  tenantId: number,
  filters: { jobId: string | null; state: BackfillState | null },
  page: { pastId: string | null; limit: number },
): Promise<BackfillRow[]> {
  const { rows } = await db.query<BackfillRow>({
    name: "list_backfills",
    text: `select ${columns} from punctual.backfills b
           where b.tenant_id = $1 and ($2::uuid is null or b.job_id = $2) and ($3::text is null or b.state = $3) and ($4::uuid is null or b.backfill_id < $4)
           order by b.backfill_id desc limit $5`,
    values: [tenantId, filters.jobId, filters.state, page.pastId, page.limit],
  });
  return rows;
}

/** @returns whether it was in one of the states `from` */
export async function moveBackfill(
  db: Queryable,
  tenantId: number,
  backfillId: string,
  from: readonly BackfillState[],
  to: BackfillState,
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: "move_backfill",
    text: `update punctual.backfills b set state = $5::text, ended_at = case when $5 = 'cancelled' then punctual.clock() end
           where b.shard = $1 and b.backfill_id = $2 and b.tenant_id = $3 and b.state = any ($4::text[])`,
    values: [shardOf(backfillId), backfillId, tenantId, from, to],
  });
  return rowCount === 1;
}

/**
 * Nominal times of a job's occurrences that have a run which was not skipped. Index: finished_runs_job, live_runs_job.
 *
 * $1 shard, $2 job, $3 and $4 from and to, ms.
 */
export async function readOccurrencesThatRan(db: Queryable, jobId: string, fromMs: number, toMs: number): Promise<Set<number>> {
  const { rows } = await db.query<{ nominal_ms: number }>({
    name: "occurrences_that_ran",
    text: `select punctual.ms(nominal_at) as nominal_ms from punctual.live_runs
           where shard = $1 and job_id = $2 and kind <> 'manual' and nominal_at >= punctual.at($3) and nominal_at < punctual.at($4)
           union all
           select punctual.ms(nominal_at) from punctual.finished_runs
           where shard = $1 and job_id = $2 and kind <> 'manual' and state <> 'skipped' and nominal_at >= punctual.at($3) and nominal_at < punctual.at($4)`,
    values: [shardOf(jobId), jobId, fromMs, toMs],
  });
  return new Set(rows.map((row) => row.nominal_ms));
}

export type RunningBackfill = {
  shard: number;
  backfill_id: string;
  job_id: string;
  revision: number;
  next_ms: number;
  to_ms: number;
  concurrency: number;
  live: number;
};

/** See runningBackfillsSql. */
export async function readRunningBackfills(db: Queryable, shards: readonly number[]): Promise<RunningBackfill[]> {
  const { rows } = await db.query<RunningBackfill>({ name: "running_backfills", text: runningBackfillsSql, values: [shards] });
  return rows;
}

/** See advanceBackfillSql. @returns null when it was moved, paused or ended by another meanwhile */
export async function advanceBackfill(
  db: Queryable,
  backfill: { shard: number; backfill_id: string; next_ms: number },
  page: { occurrences: readonly { runId: string; nominalMs: number }[]; nextMs: number },
  placement: Omit<Placement, "priority">,
): Promise<{ state: BackfillState; made: number } | null> {
  const tuples = page.occurrences.map(({ runId, nominalMs }) => [runId, nominalMs]);
  const { origin, queue, concurrencyKey, pulled } = placement;
  const { rows } = await db.query<{ state: BackfillState; made: number }>({
    name: "advance_backfill",
    text: advanceBackfillSql,
    values: [
      backfill.shard,
      backfill.backfill_id,
      backfill.next_ms,
      JSON.stringify(tuples),
      page.nextMs,
      origin,
      queue,
      concurrencyKey,
      pulled,
    ],
  });
  return rows[0] ?? null;
}
