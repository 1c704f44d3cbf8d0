import { shardOf } from "../model/ids.ts";
import { sameRun } from "./by-key.ts";
import type { Queryable } from "./database.ts";
import { cursorGoesOn } from "./fixed-delay.ts";
import type { PassedAs } from "./restores.ts";

/** Enough for a person to judge by; counting on would cost more with every one. */
const countedMost = 10_000;

/** Runs that are live since before a time, backfills aside, counted up to 10,000. They are few enough to be looked through: no index knows their time. */
export async function countLiveBefore(db: Queryable, beforeMs: number): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count from (
       select from punctual.live_runs l where l.kind <> 'backfill' and l.nominal_at <= punctual.at($1) limit $2) found`,
    [beforeMs, countedMost],
  );
  return rows[0]?.count ?? 0;
}

/**
 * Ends runs that are live since before a time, backfills aside, as what they are said to be; only while a restore is open. An attempt that is under way all the
 * same is lost, and kept as late evidence.
 *
 * $1 before, $2 how many, $3 state, $4 reason, $5 who asks, $6 and $7 only this shard and job, or null. Locks: the runs' rows, skipping locked ones. Index: none;
 * it is asked for by a person, after a restore.
 */
const endLiveSql = `
with those as (
  select l.shard, l.run_id from punctual.live_runs l
  where l.kind <> 'backfill' and l.nominal_at <= punctual.at($1) and ($7::uuid is null or l.shard = $6::smallint and l.job_id = $7)
    and exists (select from punctual.restores r where r.resolved_at is null)
  limit $2 for update skip locked),
ended as (delete from punctual.live_runs l using those t where ${sameRun("l", "t")} returning l.*),
recorded as (
  insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, started_at, finished_at, reason, rerun_of,
    payload, queue, concurrency_key, origin, ended_by)
  select shard, run_id, job_id, tenant_id, revision, $3, kind, nominal_at, attempt, started_at, punctual.clock(), $4, rerun_of, payload, queue,
         concurrency_key, origin, $5 from ended),
resumed as (${cursorGoesOn("ended e where true")})
select count(*)::int as ended from ended`;

/** See endLiveSql. @returns how many were ended */
export async function endLiveBefore(db: Queryable, beforeMs: number, limit: number, as: PassedAs, jobId?: string): Promise<number> {
  const shard = jobId === undefined ? null : shardOf(jobId);
  const { rows } = await db.query<{ ended: number }>({
    name: "end_live_before",
    text: endLiveSql,
    values: [beforeMs, limit, as.state, as.reason, as.by, shard, jobId ?? null],
  });
  return rows[0]?.ended ?? 0;
}
