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
  /** When the first of them is due, by the database's clock. */
  firstMs: number;
  /** What their definitions have besides the schedule; `{origin}` in it becomes a number below `origins`. */
  definition: JobDraft;
  /** Hosts that are called: fairness and breakers count by host. */
  origins: number;
  /** All due at the same moment, instead of spread. */
  together?: boolean;
  payload?: string;
};

const chunk = 200_000;

/**
 * $1 first number, $2 last number, $3 tenant, $4 first ms, $5 interval ms, $6 jobs in all (0: all at the same moment), $7 definition, $8 origins, $9 payload, $10 a
 * word that makes the ids of this fleet its own. Ids have their shard in the last byte, as model/ids.ts makes them. An interval counts from its anchor, which is each job's own.
 */
const fillSql = `
with numbers as (
  select g, md5($10 || g) as h, $4 + case when $6 = 0 then 0 else floor((g - 1)::float8 * $5 / $6) end as at_ms from generate_series($1::int, $2::int) g),
new as (
  select g, at_ms, ('x' || substr(h, 31, 2))::bit(8)::int::smallint as shard,
         (lpad(to_hex($4::bigint), 12, '0') || '8' || substr(h, 1, 3) || '8' || substr(h, 4, 3) || substr(h, 21, 12))::uuid as job_id from numbers),
filled as (
  insert into punctual.jobs (shard, job_id, tenant_id, revision, status, definition, payload, target_type, created_at, updated_at)
  select shard, job_id, $3, 1, 'active',
         replace(replace($7, '{origin}', (g % $8)::text), '{anchor}', to_char(punctual.at(at_ms) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
         $9, $7::jsonb -> 'target' ->> 'type', punctual.clock(), punctual.clock() from new)
insert into punctual.cursors (shard, job_id, tenant_id, revision, next_at, due_at)
select shard, job_id, $3, 1, punctual.at(at_ms), punctual.at(at_ms) from new order by shard, at_ms`;

/** Jobs with an interval, written past the API: a hundred thousand a second or two. */
export async function fillJobs(db: Database, fleet: Fleet, say: (line: string) => void = () => {}): Promise<void> {
  const { tenantId, jobs, everyMs, firstMs, origins, together = false, payload = null } = fleet;
  const definition = JSON.stringify({ ...fleet.definition, every: `${everyMs}ms`, anchor: "{anchor}" });
  const word = `${tenantId}/${firstMs}/`;
  for (let from = 1; from <= jobs; from += chunk) {
    const to = Math.min(jobs, from + chunk - 1);
    await db.query(fillSql, [from, to, tenantId, firstMs, everyMs, together ? 0 : jobs, definition, origins, payload, word]);
    if (jobs > chunk) say(`${to.toLocaleString("en-US")} of ${jobs.toLocaleString("en-US")} jobs`);
  }
  await db.query("vacuum (analyze) punctual.jobs, punctual.cursors");
}
