import type { FindingKind } from "@punctual/contract";
import type { Finding } from "../model/finding.ts";
import { shardCount } from "../model/ids.ts";
import type { Queryable } from "./database.ts";

/** Enough to be alarmed by; counting on would cost more with every one. */
const countedMost = 10_000;

/**
 * Cursors that have been due for long, whoever owns their shards: the longest due of each shard.
 *
 * $1 shards, $2 for how long, in ms, $3 how many a shard. Locks: none. Index: cursors_due, primary key of jobs.
 */
const overdueSql = `
select c.shard, c.job_id, c.tenant_id, punctual.ms(c.next_at) as next_ms,
       exists (select from punctual.jobs j where j.shard = c.shard and j.job_id = c.job_id) as has_job
from unnest($1::smallint[]) as s(shard)
cross join lateral (
  select c.shard, c.job_id, c.tenant_id, c.next_at from punctual.cursors c
  where c.shard = s.shard and c.due_at < punctual.clock() - $2 * interval '1 millisecond' order by c.due_at limit $3) c`;

const allShards = Array.from({ length: shardCount }, (_, shard) => shard);

/** See overdueSql. */
export async function readOverdue(db: Queryable, overdueMs: number, perShard: number): Promise<Finding[]> {
  const { rows } = await db.query<{ shard: number; job_id: string; tenant_id: number; next_ms: number; has_job: boolean }>({
    name: "overdue_cursors",
    text: overdueSql,
    values: [allShards, overdueMs, perShard],
  });
  return rows.map(({ shard, job_id: jobId, tenant_id: tenantId, next_ms: nominalMs, has_job: hasJob }) => {
    const detail = `its cursor stands at ${new Date(nominalMs).toISOString()}, and ${hasJob ? "nothing fires it" : "there is no such job"}`;
    return { kind: "cursor_overdue", shard, jobId, tenantId, nominalMs, detail };
  });
}

export type WatchedRow = {
  shard: number;
  job_id: string;
  tenant_id: number;
  is_live: boolean;
  /** How many findings there are of it, and the earliest occurrence that any is about. */
  findings: number;
  found_from_ms: number | null;
};

/**
 * A page of all jobs there are, in the order of their key.
 *
 * $1 and $2 the shard and the job of the page before, $3 how many. Locks: none. Index: primary keys of jobs and findings, live_runs_job.
 */
const watchedSql = `
select j.shard, j.job_id, j.tenant_id, f.findings, f.found_from_ms, exists (
  select from punctual.live_runs l where l.shard = j.shard and l.job_id = j.job_id and l.kind = 'scheduled') as is_live
from (
  select j.shard, j.job_id, j.tenant_id from punctual.jobs j where (j.shard, j.job_id) > ($1::smallint, $2::uuid) order by j.shard, j.job_id limit $3) j
cross join lateral (
  select count(*)::int as findings, punctual.ms(min(f.nominal_at)) as found_from_ms
  from punctual.findings f where f.shard = j.shard and f.job_id = j.job_id) f
order by j.shard, j.job_id`;

/** See watchedSql. */
export async function readWatched(db: Queryable, after: { shard: number; jobId: string }, limit: number): Promise<WatchedRow[]> {
  const { rows } = await db.query<WatchedRow>({ name: "watched_jobs", text: watchedSql, values: [after.shard, after.jobId, limit] });
  return rows;
}

/** A finding that came or went. */
export type ChangedFinding = { change: "raised" | "cleared"; kind: FindingKind; job_id: string; tenant_id: number; detail: string };

/**
 * Writes down what a look has found, and takes away what it would have found and did not. Findings of jobs that were deleted since go too, but for
 * cursors that they left behind.
 *
 * $1 JSON array of the jobs looked at, [shard, job], null for all; $2 the kinds looked for; $3 JSON array of findings: [kind, shard, job, tenant, nominal ms,
 * detail]. Returns what came and what went. Locks: the rows of findings. Index: primary key of findings.
 */
const recordSql = `
with found as (
  select v->>0 as kind, (v->>1)::smallint as shard, (v->>2)::uuid as job_id, (v->>3)::int as tenant_id, punctual.at((v->>4)::float8) as nominal_at,
         v->>5 as detail
  from jsonb_array_elements($3::jsonb) v),
looked as (select (v->>0)::smallint as shard, (v->>1)::uuid as job_id from jsonb_array_elements($1::jsonb) v),
cleared as (
  delete from punctual.findings f
  -- IN and NOT IN are looked up in a hash, whatever the planner is forbidden; EXISTS would compare each with each, 0.6 s for a thousand.
  where (f.kind, f.shard, f.job_id) not in (select kind, shard, job_id from found)
    and (f.kind = any ($2::text[]) and ($1::jsonb is null or (f.shard, f.job_id) in (select shard, job_id from looked))
      or f.kind <> 'cursor_overdue' and not exists (select from punctual.jobs j where j.shard = f.shard and j.job_id = f.job_id))
  returning f.kind, f.job_id, f.tenant_id, f.detail),
raised as (
  insert into punctual.findings as f (shard, job_id, kind, tenant_id, nominal_at, found_at, detail)
  select shard, job_id, kind, tenant_id, nominal_at, punctual.clock(), detail from found
  on conflict (shard, job_id, kind) do update set nominal_at = least(f.nominal_at, excluded.nominal_at), detail = excluded.detail
  -- Zero: the row was inserted, not updated.
  returning f.kind, f.job_id, f.tenant_id, f.detail, f.xmax = 0 as is_new)
select 'raised' as change, kind, job_id, tenant_id, detail from raised where is_new
union all select 'cleared', kind, job_id, tenant_id, detail from cleared`;

/** See recordSql. */
export async function recordFindings(
  db: Queryable,
  looked: { jobs: readonly { shard: number; jobId: string }[] | null; kinds: readonly FindingKind[] },
  found: readonly Finding[],
): Promise<ChangedFinding[]> {
  const tuples = found.map(({ kind, shard, jobId, tenantId, nominalMs, detail }) => [kind, shard, jobId, tenantId, nominalMs, detail]);
  const { rows } = await db.query<ChangedFinding>({
    name: "record_findings",
    text: recordSql,
    values: [looked.jobs && JSON.stringify(looked.jobs.map(({ shard, jobId }) => [shard, jobId])), looked.kinds, JSON.stringify(tuples)],
  });
  return rows;
}

/** How many findings there are, counted up to 10,000. */
export async function countFindings(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: number }>("select count(*)::int as count from (select from punctual.findings limit $1) found", [
    countedMost,
  ]);
  return rows[0]?.count ?? 0;
}

export type FindingRow = {
  kind: FindingKind;
  shard: number;
  job_id: string;
  tenant: string;
  job_name: string | null;
  nominal_ms: number | null;
  found_ms: number;
  detail: string;
};

/** A page of findings by shard, job and kind. Index: primary key of findings. */
export async function listFindings(
  db: Queryable,
  after: { shard: number; jobId: string; kind: string } | null,
  limit: number,
): Promise<FindingRow[]> {
  const { rows } = await db.query<FindingRow>(
    `select f.kind, f.shard, f.job_id, t.name as tenant, j.name as job_name, punctual.ms(f.nominal_at) as nominal_ms, punctual.ms(f.found_at) as found_ms, f.detail
     from punctual.findings f
     join punctual.tenants t on t.tenant_id = f.tenant_id
     left join punctual.jobs j on j.shard = f.shard and j.job_id = f.job_id
     where $1::smallint is null or (f.shard, f.job_id, f.kind) > ($1::smallint, $2::uuid, $3::text)
     order by f.shard, f.job_id, f.kind limit $4`,
    [after?.shard ?? null, after?.jobId ?? null, after?.kind ?? null, limit],
  );
  return rows;
}
