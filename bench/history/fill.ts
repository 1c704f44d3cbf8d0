import { randomBytes } from "node:crypto";

import { jobId, originKey, queueKey, shardOf, shardOfQueue } from "../../packages/server/src/model/ids.ts";
import type { Database } from "../../packages/server/src/store/database.ts";

export const dayMs = 24 * 3_600_000;
export const days = 30;
const teams = 50;
const origins = 100;

/** What the history is made of, for the questions to draw from. */
export type Stock = {
  tenantId: number;
  jobIds: readonly string[];
  teams: number;
  origins: readonly string[];
  queues: readonly string[];
  fromMs: number;
  toMs: number;
  /** Stands in the output of one run in 100,000. */
  needle: string;
};

const originOf = (index: number): string => `https://service-${index}.example.com`;
const queueOf = (index: number): string => `queue-${index}`;

/**
 * Jobs of a tenant with seven tenths of all runs, and of three smaller ones: labels of 50 teams, 100 target origins, every twentieth job in one of ten
 * queues.
 */
export async function fillJobs(pool: Database, tenantIds: readonly number[], jobs: number, nowMs: number): Promise<Stock> {
  const rows = Array.from({ length: jobs }, (_, index) => {
    const tenantId = tenantIds[index % 10 < 7 ? 0 : (index % 10) - 6] ?? 1;
    const queue = index % 20 === 0 ? queueKey(tenantId, queueOf((index / 20) % 10)) : null;
    const id = jobId(nowMs - days * dayMs + index, randomBytes(10).toString("hex"), queue === null ? null : shardOfQueue(queue));
    const origin = originKey(tenantId, originOf(index % origins));
    return [index, shardOf(id), id, tenantId, origin, queue, JSON.stringify({ team: `t${index % teams}` })];
  });
  await pool.query(
    `create table bench_jobs as
     select (v->>0)::int as n, (v->>1)::smallint as shard, (v->>2)::uuid as job_id, (v->>3)::int as tenant_id, (v->>4)::int as origin, (v->>5)::bigint as queue,
            v->>6 as labels
     from jsonb_array_elements($1::jsonb) v`,
    [JSON.stringify(rows)],
  );
  await pool.query("create unique index on bench_jobs (n)");
  await pool.query(
    `insert into punctual.jobs (shard, job_id, tenant_id, revision, status, definition, target_type, labels, created_at, updated_at)
     select shard, job_id, tenant_id, 1, 'active', '{}', 'http', labels::jsonb, now(), now() from bench_jobs`,
  );
  const [tenantId = 1] = tenantIds;
  return {
    tenantId,
    jobIds: rows.filter((row) => row[3] === tenantId).map((row) => String(row[2])),
    teams,
    origins: Array.from({ length: origins }, (_, index) => originOf(index)),
    queues: Array.from({ length: 10 }, (_, index) => queueOf(index)),
    fromMs: nowMs - days * dayMs,
    toMs: nowMs,
    needle: "invoice-4711",
  };
}

/**
 * One day of ended runs and their attempts. Each table is filled before it becomes a partition, in the transaction that makes it: with wal_level minimal
 * nothing of it goes through the log, and the indexes are built by sorting.
 *
 * Of 1,000 runs 10 are dead after two attempts, 12 skipped, 3 cancelled; the rest succeeded.
 */
export async function fillDay(pool: Database, dayStartMs: number, runs: number, jobs: number): Promise<void> {
  const suffix = new Date(dayStartMs).toISOString().slice(0, 10).replaceAll("-", "");
  const bounds = `from ('${new Date(dayStartMs).toISOString()}') to ('${new Date(dayStartMs + dayMs).toISOString()}')`;
  const client = await pool.connect();
  try {
    await client.query("begin");
    for (const table of ["finished_runs", "attempts"])
      await client.query(`create table punctual.${table}_${suffix} (like punctual.${table} including defaults including constraints)`);
    await client.query(`
      insert into punctual.finished_runs_${suffix} (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, started_at, finished_at,
        reason, queue, origin, failure_class, status_code)
      select j.shard, (lpad(to_hex(ms), 12, '0') || '8' || substr(h, 1, 3) || '8' || substr(h, 4, 3) || substr(h, 7, 10) || lpad(to_hex(j.shard::int), 2, '0'))::uuid,
             j.job_id, j.tenant_id, 1, s.state, case when g % 50 = 0 then 'manual' else 'scheduled' end, punctual.at(ms), s.tried,
             case when s.tried > 0 then punctual.at(ms + 5) end, punctual.at(ms + 10 + g % 1500), s.reason, j.queue, j.origin, s.class,
             case when s.state = 'succeeded' then 200 when s.class = 'http_status' then (array[500, 503, 404, 429])[1 + g / 1000 % 4] end
      from generate_series(1, ${runs}) g
      cross join lateral (select ${dayStartMs} + (g::float8 / ${runs} * ${dayMs - 2_000})::bigint as ms, md5('${suffix}/' || g) as h) t
      join bench_jobs j on j.n = ('x' || substr(t.h, 25, 7))::bit(28)::int % ${jobs}
      cross join lateral (
        select case when g % 1000 < 10 then 'dead' when g % 1000 < 22 then 'skipped' when g % 1000 < 25 then 'cancelled' else 'succeeded' end as state,
               case when g % 1000 < 10 then 2 when g % 1000 < 22 then 0 else 1 end as tried,
               case when g % 1000 < 22 and g % 1000 >= 10 then 'misfire' end as reason,
               case when g % 1000 < 6 then 'http_status' when g % 1000 < 9 then 'timeout' when g % 1000 = 9 then 'dns' end as class) s`);
    await client.query(`
      insert into punctual.attempts_${suffix} (shard, run_id, attempt, outcome, started_at, finished_at, failure_class, status_code, error, output, node_id)
      select r.shard, r.run_id, a, case r.state when 'dead' then 'failed' else r.state end, r.started_at, r.finished_at - (r.attempt - a) * interval '1 ms',
             r.failure_class, r.status_code, case when r.state = 'dead' then 'The target answered so: ' || coalesce(r.status_code::text, r.failure_class) end,
             '{"ok":true,"id":"' || substr(r.run_id::text, 20) || '"' || case when abs(hashtext(r.run_id::text)) % 100000 = 0 then ',"invoice-4711"' else '' end || '}', 1
      from punctual.finished_runs_${suffix} r cross join lateral generate_series(1, r.attempt) a where r.attempt > 0`);
    for (const table of ["finished_runs", "attempts"])
      await client.query(`alter table punctual.${table} attach partition punctual.${table}_${suffix} for values ${bounds}`);
    await client.query("commit");
  } finally {
    client.release();
  }
  await pool.query(`vacuum (analyze) punctual.finished_runs_${suffix}, punctual.attempts_${suffix}`);
}
