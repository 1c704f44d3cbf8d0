import type { Target } from "@punctual/contract";
import type { Database } from "../../packages/server/src/store/database.ts";

/** What a definition has besides its schedule. */
export type JobDraft = { target: Target; misfire?: { window: string; policy: "all" } };

/** A webhook to one of many hosts, for nodes that call nothing. */
export const quietJob: JobDraft = { target: { type: "http", url: "http://service-{origin}.invalid/" } };

export type Fleet = {
  tenantId: number;
  jobs: number;
  /** Each job's interval; the jobs are spread evenly over it. */
  everyMs: number;
  /** Nothing is due sooner than this after the last job is there; below zero that much is owed already. */
  leadMs: number;
  definition: JobDraft;
  /** Hosts that are called: fairness and breakers count by host. */
  origins: number;
  /** All due at the same moment, instead of spread. */
  together?: boolean;
  payload?: string;
  /** Each has a name, and the label of one of so many teams. */
  teams?: number;
};

const chunk = 200_000;
/** What jobs and cursors take to be written, each, with room for a slow disk: the first occurrence is set that much later. */
const fillingMs = (jobs: number): number => 2_000 + jobs * 0.03;

/**
 * $1 and $2 first and last number, $3 a word that makes the ids of this fleet its own, $4 its time. Ids have their shard in the last byte, as model/ids.ts makes them.
 */
const numbered = `
select g, ('x' || substr(h, 31, 2))::bit(8)::int::smallint as shard,
       (lpad(to_hex($4::bigint), 12, '0') || '8' || substr(h, 1, 3) || '8' || substr(h, 4, 3) || substr(h, 21, 12))::uuid as job_id
from (select g, md5($3 || g) as h from generate_series($1::int, $2::int) g) hashed`;

/**
 * $5 tenant, $6 interval ms, $7 jobs in all, $8 definition, $9 origins, $10 payload, $11 teams, or null for jobs without names and labels. An interval counts from its anchor,
 * which is each job's own.
 */
const jobsSql = `
with numbered as materialized (${numbered}),
named as (
  insert into punctual.job_names (tenant_id, name, shard, job_id) select $5, 'stock-' || g, shard, job_id from numbered where $11::int is not null)
insert into punctual.jobs (shard, job_id, tenant_id, name, revision, status, definition, payload, target_type, labels, created_at, updated_at)
select shard, job_id, $5, case when $11::int is not null then 'stock-' || g end, 1, 'active',
       replace(replace($8, '{origin}', (g % $9)::text), '{anchor}',
               to_char(punctual.at($4 + floor((g - 1)::float8 * $6 / $7)) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
       $10, $8::jsonb -> 'target' ->> 'type', case when $11::int is null then '{}' else jsonb_build_object('team', 't' || g % $11::int) end,
       punctual.clock(), punctual.clock()
from numbered`;

/** $5 tenant, $6 interval ms, $7 jobs in all, $8 from when on; $9 whether all are due then, or each at its first occurrence from then on. */
const cursorsSql = `
insert into punctual.cursors (shard, job_id, tenant_id, revision, next_at, due_at)
select shard, job_id, $5, 1, punctual.at(at_ms), punctual.at(at_ms)
from (select n.*, case when $9 then $8 else anchor_ms + ceil(($8 - anchor_ms) / $6) * $6 end as at_ms
      from (select *, $4 + floor((g - 1)::float8 * $6 / $7) as anchor_ms from (${numbered}) m) n) placed
order by shard, at_ms`;

/** Jobs without cursors, and what their ids and anchors are made of. */
export type Written = { tenantId: number; jobs: number; everyMs: number; madeMs: number };

/**
 * Jobs with an interval, written past the API.
 *
 * @returns from when on they are due, by this machine's clock
 */
export async function fillJobs(db: Database, fleet: Fleet, say: (line: string) => void = () => {}): Promise<number> {
  const { jobs, leadMs, together = false } = fleet;
  const instantMs = together ? Math.round(Date.now() + 2 * fillingMs(jobs) + leadMs) : null;
  const firstMs = await placeCursors(db, await writeJobs(db, { ...fleet, instantMs }, say), { leadMs, instantMs });
  const lateMs = Date.now() - (firstMs - leadMs);
  if (together && lateMs > 0)
    throw new Error(`filling ${jobs} jobs took ${Math.round(lateMs)} ms longer than expected: the machine is busy`);
  return firstMs;
}

export async function writeJobs(
  db: Database,
  fleet: Omit<Fleet, "leadMs" | "together"> & { instantMs?: number | null },
  say: (line: string) => void,
): Promise<Written> {
  const { tenantId, jobs, everyMs, origins, payload = null, teams = null, instantMs = null } = fleet;
  const madeMs = Date.now();
  const anchor = instantMs === null ? "{anchor}" : new Date(instantMs).toISOString();
  const definition = JSON.stringify({ ...fleet.definition, every: `${everyMs}ms`, anchor });
  for (const { from, to } of chunksOf(jobs)) {
    await db.query(jobsSql, [from, to, wordOf(tenantId, madeMs), madeMs, tenantId, everyMs, jobs, definition, origins, payload, teams]);
    if (jobs > chunk) say(`${to.toLocaleString("en-US")} of ${jobs.toLocaleString("en-US")} jobs`);
  }
  await db.query("vacuum (analyze) punctual.jobs, punctual.job_names");
  return { tenantId, jobs, everyMs, madeMs };
}

/** @returns from when on the jobs are due */
export async function placeCursors(
  db: Database,
  { tenantId, jobs, everyMs, madeMs }: Written,
  { leadMs, instantMs = null }: { leadMs: number; instantMs?: number | null },
): Promise<number> {
  const firstMs = instantMs ?? Math.round(Date.now() + fillingMs(jobs) + leadMs);
  const together = instantMs !== null;
  for (const { from, to } of chunksOf(jobs)) {
    await db.query(cursorsSql, [from, to, wordOf(tenantId, madeMs), madeMs, tenantId, everyMs, jobs, firstMs, together]);
  }
  await db.query("analyze punctual.cursors");
  return firstMs;
}

function wordOf(tenantId: number, madeMs: number): string {
  return `${tenantId}/${madeMs}/`;
}

function chunksOf(jobs: number): { from: number; to: number }[] {
  return Array.from({ length: Math.ceil(jobs / chunk) }, (_, index) => ({
    from: index * chunk + 1,
    to: Math.min(jobs, (index + 1) * chunk),
  }));
}
