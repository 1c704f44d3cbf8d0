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
   concurrency_key, pulled, retried_at)
select shard, run_id, job_id, tenant_id, revision, 'ready', kind, $4, $5, nominal_at, punctual.clock(), attempt, started_at, payload, rerun_of, queue,
       concurrency_key, $6, punctual.clock() from ended`;

/** @returns whether the run was dead or cancelled and is ready now */
export async function retryEndedRun(db: Queryable, tenantId: number, runId: string, as: Placement): Promise<boolean> {
  const { rowCount } = await db.query({
    name: "retry_run",
    text: retrySql,
    values: [shardOf(runId), runId, tenantId, as.priority, as.origin, as.pulled],
  });
  return rowCount === 1;
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
