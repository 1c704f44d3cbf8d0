import type { Queryable } from "./database.ts";
import type { Retention } from "./retention.ts";

/** Where a sweep goes on: the last row it looked at; null for the oldest. */
export type SweepMark = { at: string; runId: string } | null;
export type Swept = { deleted: number; mark: SweepMark };

/** Rows looked at in one statement. */
export const sweepPage = 1_000;

/**
 * Deletes what is past its retention from a default partition, which is never dropped: a page of rows, by age, from a mark. Rows of open dead letters stay for
 * their own retention.
 *
 * $1 and $2 the mark, $3 days of retention, $4 days of an open dead letter's, $5 rows to look at. Locks: the rows deleted. Index: finished_runs_default_age.
 */
const sweepRunsSql = `
with page as (
  select d.shard, d.run_id, d.finished_at, d.state = 'dead' and d.resolved_at is null as open from punctual.finished_runs_default d
  where (d.finished_at, d.run_id) > ($1::timestamptz, $2::uuid) and d.finished_at < punctual.clock() - $3::int * interval '1 day'
  order by d.finished_at, d.run_id limit $5),
gone as (
  delete from punctual.finished_runs_default d using page p
  where d.shard = p.shard and d.run_id = p.run_id and d.finished_at = p.finished_at
    and (not p.open or p.finished_at < punctual.clock() - $4::int * interval '1 day')
  returning d.run_id)
select p.finished_at::text as at, p.run_id, (select count(*)::int from page) as seen, (select count(*)::int from gone) as deleted
from page p order by p.finished_at desc, p.run_id desc limit 1`;

/** The same for attempts, which stay with their run: of an open dead letter, or one that is live again. Index: attempts_default_age, primary keys. */
const sweepAttemptsSql = `
with page as (
  select d.shard, d.run_id, d.attempt, d.late, d.finished_at from punctual.attempts_default d
  where (d.finished_at, d.run_id) > ($1::timestamptz, $2::uuid) and d.finished_at < punctual.clock() - $3::int * interval '1 day'
  order by d.finished_at, d.run_id limit $5),
gone as (
  delete from punctual.attempts_default d using page p
  where d.shard = p.shard and d.run_id = p.run_id and d.attempt = p.attempt and d.finished_at = p.finished_at and d.late = p.late
    and (p.finished_at < punctual.clock() - $4::int * interval '1 day' or (
      (select true from punctual.live_runs l where l.shard = p.shard and l.run_id = p.run_id) is null and
      (select true from punctual.finished_runs f
       where f.shard = p.shard and f.run_id = p.run_id and f.state = 'dead' and f.resolved_at is null limit 1) is null))
  returning d.run_id)
select p.finished_at::text as at, p.run_id, (select count(*)::int from page) as seen, (select count(*)::int from gone) as deleted
from page p order by p.finished_at desc, p.run_id desc limit 1`;

const sweeps = { finished_runs: sweepRunsSql, attempts: sweepAttemptsSql } as const;
const beforeAll = { at: "-infinity", runId: "00000000-0000-0000-0000-000000000000" };

/** @returns how many were deleted, and the mark for the next call; null when the end was reached, to begin anew */
export async function sweepDefaultPartition(
  db: Queryable,
  table: keyof typeof sweeps,
  { retentionDays, deadLetterRetentionDays }: Retention,
  mark: SweepMark,
): Promise<Swept> {
  const { at, runId } = mark ?? beforeAll;
  const values = [at, runId, retentionDays, Math.max(retentionDays, deadLetterRetentionDays), sweepPage];
  const { rows } = await db.query<{ at: string; run_id: string; seen: number; deleted: number }>(sweeps[table], values);
  const last = rows[0];
  if (!last) return { deleted: 0, mark: null };
  return { deleted: last.deleted, mark: last.seen < sweepPage ? null : { at: last.at, runId: last.run_id } };
}
