import type { RestoreSign } from "@punctual/contract";
import { lowestIdAt } from "../model/ids.ts";
import type { Queryable } from "./database.ts";
import { type OpenRestore, readHighWater } from "./high-water.ts";

/** Opens a restore, unless one is open: then that is it. */
export async function beginRestore(
  db: Queryable,
  noticed: { sign: RestoreSign; detail: string; dataUntilMs: number | null },
): Promise<OpenRestore | null> {
  await db.query(
    `insert into punctual.restores (sign, detail, noticed_at, data_until) values ($1, $2, punctual.clock(), punctual.at($3))
     on conflict ((true)) where resolved_at is null do nothing`,
    [noticed.sign, noticed.detail, noticed.dataUntilMs],
  );
  return (await readHighWater(db))?.restore ?? null;
}

/**
 * Closes the open restore. The mark is written anew by the server that answers, and goes far beyond what any node may remember of the time before: a node that
 * was cut off meanwhile must not notice the same restore again.
 *
 * $1 the choice, $2 up to when in ms or null, $3 who asks. Locks: the restore's row and the mark's. Index: restores_open, primary key of high_water.
 */
const resolveSql = `
with resolved as (
  update punctual.restores set resolved_at = punctual.clock(), choice = $1, up_to = punctual.at($2), resolved_by = $3
  where resolved_at is null returning restore_id),
marked as (
  update punctual.high_water h
  set seq = h.seq + 1000000000, marked_at = punctual.clock(), xid = pg_current_xact_id()::text::bigint & 4294967295,
      system_identifier = (select c.system_identifier::text from pg_control_system() c),
      timeline = ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
  where exists (select from resolved))
select restore_id from resolved`;

/** See resolveSql. */
export async function resolveRestore(db: Queryable, choice: "run" | "skip" | "done", upToMs: number | null, by: string): Promise<void> {
  await db.query({ name: "resolve_restore", text: resolveSql, values: [choice, upToMs, by] });
}

export type StandingRow = {
  shard: number;
  job_id: string;
  tenant: string;
  job_name: string | null;
  revision: number;
  definition: string;
  fired: number;
  next_ms: number;
};

/**
 * Jobs whose cursor stands at what was due by a time, in the order of their key.
 *
 * $1 and $2 the shard and the job of the page before, $3 due by, $4 how many, $5 only this job or null. Locks: none. Index: primary keys of cursors and jobs.
 */
const standingSql = `
select c.shard, c.job_id, t.name as tenant, j.name as job_name, c.revision, j.definition, c.fired, punctual.ms(c.next_at) as next_ms
from punctual.cursors c
join punctual.jobs j on j.shard = c.shard and j.job_id = c.job_id and j.revision = c.revision
join punctual.tenants t on t.tenant_id = c.tenant_id
where (c.shard, c.job_id) > ($1::smallint, $2::uuid) and c.next_at is not null and c.due_at <= punctual.at($3) and ($5::uuid is null or c.job_id = $5)
order by c.shard, c.job_id limit $4`;

/** See standingSql. @param page.after null for the first page */
export async function readStanding(
  db: Queryable,
  page: { after: { shard: number; jobId: string } | null; dueByMs: number; limit: number; jobId?: string | undefined },
): Promise<StandingRow[]> {
  const { after, dueByMs, limit, jobId = null } = page;
  const { rows } = await db.query<StandingRow>({
    name: "standing_jobs",
    text: standingSql,
    values: [after?.shard ?? -1, after?.jobId ?? lowestIdAt(0), dueByMs, limit, jobId],
  });
  return rows;
}

export type PassedJob = {
  shard: number;
  jobId: string;
  revision: number;
  nextMs: number;
  next: { nominalMs: number; dueMs: number } | null;
  counted: number;
  occurrences: readonly { runId: string; nominalMs: number }[];
};

/**
 * Moves cursors on without running anything, and records each occurrence passed as what it is said to be; only while a restore is open. Guarded as a fire is:
 * each cursor moves from the (revision, next occurrence) that was read.
 *
 * $1 moves: [shard, job, revision, next ms, new next ms, when that is due, occurrences counted, whether the schedule is over]; $2 occurrences: [shard, job, run,
 * nominal ms]; $3 the state they are recorded in, $4 the reason, $5 who asks. Returns how many were recorded. Locks: the cursors' rows. Index: cursors_job.
 */
const passOverSql = `
with moves as (
  select (v->>0)::smallint as shard, (v->>1)::uuid as job_id, (v->>2)::int as revision, punctual.at((v->>3)::float8) as next_at,
         punctual.at((v->>4)::float8) as new_next_at, punctual.at((v->>5)::float8) as new_due_at, (v->>6)::int as counted, (v->>7)::boolean as over
  from jsonb_array_elements($1::jsonb) v where exists (select from punctual.restores r where r.resolved_at is null)),
moved as (
  update punctual.cursors c set next_at = m.new_next_at, due_at = m.new_due_at, fired = c.fired + m.counted
  from moves m
  where not m.over and c.shard = m.shard and c.job_id = m.job_id and c.revision = m.revision and c.next_at = m.next_at
  returning c.shard, c.job_id, c.tenant_id, c.revision),
ended as (
  delete from punctual.cursors c using moves m
  where m.over and c.shard = m.shard and c.job_id = m.job_id and c.revision = m.revision and c.next_at = m.next_at
  returning c.shard, c.job_id, c.tenant_id, c.revision),
passed as (select * from moved union all select * from ended),
recorded as (
  insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, finished_at, reason, ended_by)
  select p.shard, (v->>2)::uuid, p.job_id, p.tenant_id, p.revision, $3, 'scheduled', punctual.at((v->>3)::float8), 0, punctual.clock(), $4, $5
  from jsonb_array_elements($2::jsonb) v join passed p on p.shard = (v->>0)::smallint and p.job_id = (v->>1)::uuid
  returning run_id)
select count(*)::int as recorded from recorded`;

/** How those say it who decide: the end that occurrences and runs are given. */
export type PassedAs = { state: "skipped" | "succeeded" | "cancelled"; reason: string; by: string };

/** See passOverSql. */
export async function passOverJobs(db: Queryable, jobs: readonly PassedJob[], as: PassedAs): Promise<number> {
  const moves = jobs.map(({ shard, jobId, revision, nextMs, next, counted }) => [
    ...[shard, jobId, revision, nextMs, next?.nominalMs ?? null, next?.dueMs ?? null, counted],
    next === null,
  ]);
  const runs = jobs.flatMap(({ shard, jobId, occurrences }) => occurrences.map(({ runId, nominalMs }) => [shard, jobId, runId, nominalMs]));
  const { rows } = await db.query<{ recorded: number }>({
    name: "pass_over",
    text: passOverSql,
    values: [JSON.stringify(moves), JSON.stringify(runs), as.state, as.reason, as.by],
  });
  return rows[0]?.recorded ?? 0;
}
