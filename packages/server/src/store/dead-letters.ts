import type { FailureClass, RunKind } from "@punctual/contract";
import { shardOf } from "../model/ids.ts";
import type { Queryable } from "./database.ts";
import { lastAttempt } from "./dead-letter-search.ts";

/** A dead run, with what people need to decide about it; times in epoch ms. */
export type DeadLetterRow = {
  run_id: string;
  job_id: string;
  job_name: string | null;
  revision: number;
  kind: RunKind;
  nominal_ms: number;
  died_ms: number;
  attempt: number;
  queue: string | null;
  failure_class: FailureClass | null;
  status_code: number | null;
  error: string | null;
  reason: string | null;
  note: string | null;
  resolved_ms: number | null;
  resolved_by: string;
  resolution: string | null;
};

/**
 * Dead runs by id, resolved or not; those that are not dead are left out.
 *
 * $1 tenant, $2 JSON array of [shard, run]. Locks: none. Index: primary keys of finished_runs and jobs; that of attempts in the partitions around the run's end.
 */
const readSql = `
select r.run_id, r.job_id, r.revision, r.kind, punctual.ms(r.nominal_at) as nominal_ms, punctual.ms(r.finished_at) as died_ms, r.attempt, r.failure_class,
       r.status_code, r.reason, r.note, punctual.ms(r.resolved_at) as resolved_ms, r.resolved_by, r.resolution,
       (select j.name from punctual.jobs j where j.shard = r.shard and j.job_id = r.job_id) as job_name,
       (select q.name from punctual.queues q where q.shard = r.shard and q.queue = r.queue) as queue,
       (select a.error ${lastAttempt}) as error
from jsonb_array_elements($2::jsonb) v
cross join lateral (
  select * from punctual.finished_runs f
  where f.shard = (v->>0)::smallint and f.run_id = (v->>1)::uuid and f.tenant_id = $1 and f.state = 'dead'
  order by f.finished_at desc limit 1) r`;

/** In the order of the ids. */
export async function readDeadLetters(db: Queryable, tenantId: number, runIds: readonly string[]): Promise<DeadLetterRow[]> {
  const tuples = JSON.stringify(runIds.map((runId) => [shardOf(runId), runId]));
  const { rows } = await db.query<DeadLetterRow>({ name: "read_dead_letters", text: readSql, values: [tenantId, tuples] });
  const byId = new Map(rows.map((row) => [row.run_id, row]));
  return runIds.flatMap((runId) => byId.get(runId) ?? []);
}

/**
 * Marks open dead letters as dealt with. They stay where they are, so that history keeps them.
 *
 * $1 tenant, $2 JSON array of [shard, run], $3 why, $4 who. Locks: the runs' rows. Index: primary key of finished_runs.
 */
const discardSql = `
with wanted as (select (v->>0)::smallint as shard, (v->>1)::uuid as run_id from jsonb_array_elements($2::jsonb) v)
update punctual.finished_runs f set resolved_at = punctual.clock(), resolution = $3, resolved_by = $4
from wanted w
where f.shard = w.shard and f.run_id = w.run_id and f.tenant_id = $1 and f.state = 'dead' and f.resolved_at is null`;

/** @returns how many were open, and are resolved now */
export async function discardRuns(
  db: Queryable,
  tenantId: number,
  runIds: readonly string[],
  resolution: { why: string; by: string | null },
): Promise<number> {
  const tuples = JSON.stringify(runIds.map((runId) => [shardOf(runId), runId]));
  const values = [tenantId, tuples, resolution.why, resolution.by];
  const { rowCount } = await db.query({ name: "discard_runs", text: discardSql, values });
  return rowCount ?? 0;
}

/** Writes the note of a dead letter, resolved or not; null removes it. Index: primary key of finished_runs. */
export async function writeNote(db: Queryable, tenantId: number, runId: string, note: string | null): Promise<void> {
  await db.query({
    name: "write_note",
    text: "update punctual.finished_runs set note = $4 where shard = $1 and run_id = $2 and tenant_id = $3 and state = 'dead'",
    values: [shardOf(runId), runId, tenantId, note],
  });
}

/**
 * How many dead letters of all tenants are open, counted up to $1. Index: finished_runs_dead of every partition.
 */
export async function countAllDeadLetters(db: Queryable, limit: number): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: "count_all_dead_letters",
    text: "select count(*)::int as count from (select from punctual.finished_runs f where f.state = 'dead' and f.resolved_at is null limit $1) found",
    values: [limit],
  });
  return rows[0]?.count ?? 0;
}
