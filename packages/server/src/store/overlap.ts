import type { Queryable } from "./database.ts";
import { heldJobsSql, releaseSql } from "./overlap-statements.ts";

/** A job, one of whose runs is held until nothing else of the job is live. */
export type HeldJob = { shard: number; job_id: string; tenant_id: number; revision: number; newest_run_id: string };

/** See heldJobsSql. */
export async function readHeldJobs(db: Queryable, shards: readonly number[], perShard: number, aheadMs: number): Promise<HeldJob[]> {
  const { rows } = await db.query<HeldJob>({ name: "held_jobs", text: heldJobsSql, values: [shards, perShard, aheadMs] });
  return rows;
}

/** See releaseSql. @returns how many became ready */
export async function releaseHeld(db: Queryable, jobs: readonly { shard: number; jobId: string }[]): Promise<number> {
  const tuples = jobs.map(({ shard, jobId }) => [shard, jobId]);
  const { rowCount } = await db.query({ name: "release_held", text: releaseSql, values: [JSON.stringify(tuples)] });
  return rowCount ?? 0;
}
