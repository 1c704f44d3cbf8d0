import { shardOf } from "../model/ids.ts";
import type { Queryable } from "./database.ts";

/** Skipped runs and those of earlier revisions that may lie among the last ended ones; with more of them the row is not found, and the job goes on. */
const walkMost = 1_000;

/**
 * Whether the last runs of a job's revision that ended by being carried out or cancelled are dead, all of `count`. The last by nominal time; backfills, which
 * concern the past, aside.
 *
 * $1 shard, $2 job, $3 revision, $4 how many, $5 rows to look at. Locks: none. Index: finished_runs_job, backwards, in every partition.
 */
const deadRowSql = `
select count(*) = $4 and bool_and(state = 'dead') as all_dead from (
  select state from (
    select f.run_id, f.state, f.kind, f.revision from punctual.finished_runs f
    where f.shard = $1 and f.job_id = $2 order by f.run_id desc limit $5) recent
  where state <> 'skipped' and kind <> 'backfill' and revision = $3
  order by run_id desc limit $4) last`;

/** See deadRowSql. */
export async function areLastRunsDead(db: Queryable, jobId: string, revision: number, count: number): Promise<boolean> {
  const { rows } = await db.query<{ all_dead: boolean | null }>({
    name: "dead_row",
    text: deadRowSql,
    values: [shardOf(jobId), jobId, revision, count, count + walkMost],
  });
  return rows[0]?.all_dead ?? false;
}
