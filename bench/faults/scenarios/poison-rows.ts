import { withIntruder } from "../intruder.ts";
import type { Scenario } from "../scenario.ts";

/** Rows that no version of Punctual would write, in every shard: jobs that cannot be read, and cursors and runs without a job. */
const plantSql = `
with kinds (kind, definition) as (values
  (1, '{broken'), (2, '{}'), (3, '{"cron":"99 99 99 99 99","target":{"type":"http","url":"http://127.0.0.1:1/"}}'),
  (4, '{"every":"1s","target":{"type":"carrier pigeon"}}'), (5, null), (6, null)),
planted as (
  select s::smallint as shard, ('bad00000-0000-4000-800' || kind || '-' || lpad(to_hex(s), 12, '0'))::uuid as job_id, kind, definition,
         (select min(tenant_id) from punctual.tenants) as tenant_id
  from generate_series(0, 255) s cross join kinds),
jobs as (
  insert into punctual.jobs (shard, job_id, tenant_id, revision, status, definition, target_type, created_at, updated_at)
  select shard, job_id, tenant_id, 1, 'active', definition, 'http', now() - interval '2 hours', now() from planted where definition is not null),
cursors as (
  insert into punctual.cursors (shard, job_id, tenant_id, revision, next_at, due_at)
  select shard, job_id, tenant_id, 1, now() + interval '1 second', now() + interval '1 second' from planted where kind <= 5),
runs as (
  insert into punctual.live_runs (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt)
  select shard, gen_random_uuid(), job_id, tenant_id, 1, 'ready', 'scheduled', 9, 0, now() - interval '1 hour', now() - interval '1 hour', 0
  from planted where kind in (1, 6))
select count(*)::int as planted, array_agg(job_id) as ids from planted`;

const leftSql = `
select (select count(*)::int from punctual.cursors where job_id = any ($1) and due_at < now()) as "cursorsPassedOver",
       (select count(*)::int from punctual.live_runs where job_id = any ($1)) as "runsLeft",
       (select count(*)::int from punctual.finished_runs where job_id = any ($1)) as "runsEnded",
       (select count(*)::int from punctual.findings where job_id = any ($1)) as findings`;

export const poisonRows: Scenario = {
  name: "poison-rows",
  what: "Plants 1,536 rows in all shards that nothing can be made of, all due at the same moment: unreadable jobs, cursors and runs without a job.",
  shows: "the runs without a readable job were met and ended, and the cursors stayed behind",
  seconds: 60,
  nodes: 3,
  async run({ database, faults, clock, rest, wait, count, foreign }) {
    await rest(2_000);
    await withIntruder(database.url, async (client) => {
      const { rows } = await client.query<{ planted: number; ids: string[] }>(plantSql);
      const ids = rows[0]?.ids ?? [];
      for (const id of ids) foreign.add(id);
      count("planted", ids.length);
      await faults.last("poison", "all shards", () => wait(clock.endMs - Date.now()));
      const left = await client.query<Record<string, number>>(leftSql, [ids]);
      for (const [name, value] of Object.entries(left.rows[0] ?? {})) count(name, value);
    });
  },
  bitten({ figures, gauges }) {
    const loopFailures = gauges.reduce((sum, gauge) => sum + gauge.loopFailures, 0);
    return { bit: (figures["runsEnded"] ?? 0) > 0 && (figures["cursorsPassedOver"] ?? 0) > 0, ...figures, loopFailures };
  },
};
