import { shardOf } from "../model/ids.ts";
import type { Placement } from "../model/placement.ts";
import type { Queryable } from "./database.ts";

/**
 * Makes an ended run live again, ready for another attempt: out of history and back, in one statement, so that it is in one of the two at any moment. Of
 * two that retry at once, one deletes the row and the other finds none. Attempts are kept, and so is the time of the first start;
 * the deadline counts anew.
 *
 * $1 shard, $2 run, $3 tenant, $4 priority, $5 origin, $6 whether workers pull it. Locks: the run's row. Index: primary key of finished_runs, in every partition.
 */
const retrySql = `
with ended as (
  delete from punctual.finished_runs f
  where f.shard = $1 and f.run_id = $2 and f.tenant_id = $3 and f.state in ('dead', 'cancelled') returning f.*)
insert into punctual.live_runs
  (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt, started_at, payload, rerun_of, queue,
   concurrency_key, pulled, note, retried_at)
select shard, run_id, job_id, tenant_id, revision, 'ready', kind, $4, $5, nominal_at, punctual.clock(), attempt, started_at, payload, rerun_of, queue,
       concurrency_key, $6, note, punctual.clock() from ended`;

/** @returns whether the run was dead or cancelled and is ready now */
export async function retryEndedRun(db: Queryable, tenantId: number, runId: string, as: Placement): Promise<boolean> {
  const { rowCount } = await db.query({
    name: "retry_run",
    text: retrySql,
    values: [shardOf(runId), runId, tenantId, as.priority, as.origin, as.pulled],
  });
  return rowCount === 1;
}

/**
 * Makes open dead letters live again, each waiting for its turn: as retrySql, many at once and at a pace. What somebody else retried or discarded meanwhile is
 * left out.
 *
 * $1 tenant, $2 JSON array of [shard, run, priority, origin, whether workers pull it, when it may begin, ms]. Locks: the runs' rows. Index: primary key of
 * finished_runs, in every partition.
 */
const replaySql = `
with wanted as (
  select (v->>0)::smallint as shard, (v->>1)::uuid as run_id, (v->>2)::smallint as priority, (v->>3)::int as origin, (v->>4)::boolean as pulled,
         punctual.at((v->>5)::float8) as begin_at
  from jsonb_array_elements($2::jsonb) v),
ended as (
  delete from punctual.finished_runs f using wanted w
  where f.shard = w.shard and f.run_id = w.run_id and f.tenant_id = $1 and f.state = 'dead' and f.resolved_at is null
  returning f.shard, f.run_id, f.job_id, f.tenant_id, f.revision, f.kind, w.priority, w.origin, f.nominal_at, w.begin_at, f.attempt, f.started_at, f.payload,
            f.rerun_of, f.queue, f.concurrency_key, w.pulled, f.note)
insert into punctual.live_runs
  (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt, started_at, payload, rerun_of, queue,
   concurrency_key, pulled, note, retried_at)
select shard, run_id, job_id, tenant_id, revision, 'waiting', kind, priority, origin, nominal_at, greatest(begin_at, punctual.clock()), attempt, started_at,
       payload, rerun_of, queue, concurrency_key, pulled, note, greatest(begin_at, punctual.clock()) from ended`;

export type Replay = { runId: string; placement: Placement; beginMs: number };

/** @returns how many were open dead letters, and wait for their turn now */
export async function replayRuns(db: Queryable, tenantId: number, replays: readonly Replay[]): Promise<number> {
  const tuples = replays.map(({ runId, placement: { priority, origin, pulled }, beginMs }) => [
    shardOf(runId),
    runId,
    priority,
    origin,
    pulled,
    beginMs,
  ]);
  const { rowCount } = await db.query({ name: "replay_runs", text: replaySql, values: [tenantId, JSON.stringify(tuples)] });
  return rowCount ?? 0;
}

/** The payload a run has instead of its job's, as JSON text; null for none. Index: primary keys. */
export async function readRunPayload(db: Queryable, runId: string): Promise<string | null> {
  const { rows } = await db.query<{ payload: string | null }>({
    name: "run_payload",
    text: `select payload from punctual.live_runs where shard = $1 and run_id = $2
           union all select payload from punctual.finished_runs where shard = $1 and run_id = $2`,
    values: [shardOf(runId), runId],
  });
  return rows[0]?.payload ?? null;
}
