import type { NextOccurrence } from "../model/firing-plan.ts";
import { shardOf } from "../model/ids.ts";
import { sameRun } from "./by-key.ts";
import { acceptedEndsNow } from "./cancelling.ts";
import type { Queryable } from "./database.ts";

/** What a new revision holds. */
export type Revision = {
  name: string | null;
  status: "active" | "paused";
  definition: string;
  payload: string | null;
  targetType: string;
  labels: Record<string, string>;
  pauseReason: string | null;
  /**
   * What becomes of the cursor: `keep` moves it to the new revision as it is; `set` gives it a new next occurrence; `hold` keeps the row of a paused job
   * without one; `drop` ends it. `restartCount` begins the count for maxRuns anew; `mayHavePassed` lets a one-time job be due at once.
   */
  cursor:
    | { action: "keep" | "drop" }
    | { action: "hold"; restartCount: boolean }
    | { action: "set"; next: NextOccurrence; afterMs: number | null; restartCount: boolean; mayHavePassed: boolean };
};

/** The job as its changer has read it: both must still hold when the change is made. */
export type ExpectedJob = { revision: number; nextMs: number | null };

/**
 * Ends the job's current revision and begins the next, in one statement: compare-and-set on the revision and on the cursor's next occurrence, and only
 * while nothing of the current revision is due and unfired.
 *
 * - Without the guard on what is due, an occurrence whose time came before the change would be missed in silence: it belongs to the old revision and must
 *   be fired first (commands/revise.ts).
 * - Without the compare-and-set on the cursor, an occurrence could fire twice: fired under the old revision after the change was decided, and set again
 *   as the first one of the new revision once its run has ended and left live_runs.
 * - Without the guard on the new next occurrence, one that passes between the decision and the change would fire although it was not the new revision's.
 *
 * $1 shard, $2 job, $3 tenant, $4 expected revision, $5 what ended it, $6 name, $7 status, $8 definition, $9 payload, $10 target type, $11 labels,
 * $12 pause reason, $13 cursor action, $14 next ms, $15 restart the count, $16 expected next ms or null, $17 whether the new next
 * occurrence may have passed, $18 due ms, $19 fixed delay. Locks: the job's row and its cursor. Index: primary keys.
 */
const reviseSql = `
with old as (
  select j.* from punctual.jobs j
  where j.shard = $1 and j.job_id = $2 and j.tenant_id = $3 and j.revision = $4 for update),
old_cursor as (
  select c.* from punctual.cursors c join old on c.shard = old.shard and c.job_id = old.job_id for update of c),
quiet as (
  select old.* from old
  where not exists (select from old_cursor where next_at <= punctual.clock())
    and (select next_at from old_cursor) is not distinct from punctual.at($16)
    and ($13 <> 'set' or $17 or punctual.at($14) > punctual.clock())),
archived as (
  insert into punctual.job_revisions (shard, job_id, revision, tenant_id, name, status, definition, payload, valid_from, valid_to, ended_by)
  select shard, job_id, revision, tenant_id, name, status, definition, payload, updated_at, punctual.clock(), $5 from quiet),
renamed as (
  delete from punctual.job_names n using quiet
  where n.tenant_id = quiet.tenant_id and n.name = quiet.name and quiet.name is distinct from $6),
named as (
  insert into punctual.job_names (tenant_id, name, shard, job_id)
  select tenant_id, $6, shard, job_id from quiet where $6 is not null and quiet.name is distinct from $6),
revised as (
  update punctual.jobs j
  set name = $6, revision = j.revision + 1, status = $7, definition = $8, payload = $9, target_type = $10, labels = $11::jsonb, pause_reason = $12,
      updated_at = punctual.clock()
  from quiet where j.shard = quiet.shard and j.job_id = quiet.job_id
  returning j.shard, j.job_id, j.tenant_id, j.revision),
kept as (
  update punctual.cursors c
  set revision = revised.revision,
      next_at = case $13 when 'keep' then c.next_at when 'set' then punctual.at($14) end,
      due_at = case $13 when 'keep' then c.due_at when 'set' then greatest(punctual.at($18), punctual.clock()) else 'infinity' end,
      after_ms = case $13 when 'keep' then c.after_ms when 'set' then $19 end,
      fired = case when $15 then 0 else c.fired end
  from revised where $13 <> 'drop' and c.shard = revised.shard and c.job_id = revised.job_id
  returning c.job_id),
begun as (
  insert into punctual.cursors (shard, job_id, tenant_id, revision, next_at, due_at, after_ms)
  select shard, job_id, tenant_id, revision, punctual.at($14), greatest(punctual.at($18), punctual.clock()), $19
  from revised where $13 = 'set' and not exists (select from old_cursor)),
dropped as (
  delete from punctual.cursors c using revised where $13 = 'drop' and c.shard = revised.shard and c.job_id = revised.job_id)
select revision from revised`;

/** @returns the new revision, or null when the job is gone, is not as expected any more, or has an occurrence due that must be fired first */
export async function reviseJob(
  db: Queryable,
  tenantId: number,
  jobId: string,
  expected: ExpectedJob,
  endedBy: "updated" | "paused" | "resumed",
  next: Revision,
): Promise<number | null> {
  const { rows } = await db.query<{ revision: number }>({
    name: "revise_job",
    text: reviseSql,
    values: [
      shardOf(jobId),
      jobId,
      tenantId,
      expected.revision,
      endedBy,
      next.name,
      next.status,
      next.definition,
      next.payload,
      next.targetType,
      JSON.stringify(next.labels),
      next.pauseReason,
      next.cursor.action,
      next.cursor.action === "set" ? next.cursor.next.nominalMs : null,
      "restartCount" in next.cursor && next.cursor.restartCount,
      expected.nextMs,
      next.cursor.action === "set" && next.cursor.mayHavePassed,
      next.cursor.action === "set" ? next.cursor.next.dueMs : null,
      next.cursor.action === "set" ? next.cursor.afterMs : null,
    ],
  });
  return rows[0]?.revision ?? null;
}

/**
 * Deletes a job under the same guards and archives its last revision. Its own signing secret stays: its runs may be attempted as long as they are kept, and
 * purgeSecrets takes it away after them.
 *
 * $1 shard, $2 job, $3 tenant, $4 expected revision, $5 expected next ms or null, $6 what becomes of its runs: `finish` cancels those that wait, `cancel` also
 * asks for the end of those under way, `keep` leaves all; $7 the reason, $8 who asks. Locks: the job, its cursor, its live runs. Index: primary keys,
 * live_runs_job.
 */
const deleteSql = `
with old as (
  select j.* from punctual.jobs j
  where j.shard = $1 and j.job_id = $2 and j.tenant_id = $3 and j.revision = $4 for update),
old_cursor as (
  select c.* from punctual.cursors c join old on c.shard = old.shard and c.job_id = old.job_id for update of c),
quiet as (
  select old.* from old
  where not exists (select from old_cursor where next_at <= punctual.clock())
    and (select next_at from old_cursor) is not distinct from punctual.at($5)),
archived as (
  insert into punctual.job_revisions (shard, job_id, revision, tenant_id, name, status, definition, payload, valid_from, valid_to, ended_by)
  select shard, job_id, revision, tenant_id, name, status, definition, payload, updated_at, punctual.clock(), 'deleted' from quiet),
unnamed as (
  delete from punctual.job_names n using quiet where n.tenant_id = quiet.tenant_id and n.name = quiet.name),
gone as (
  delete from punctual.jobs j using quiet where j.shard = quiet.shard and j.job_id = quiet.job_id returning j.job_id),
stopped as (
  delete from punctual.cursors c using quiet where c.shard = quiet.shard and c.job_id = quiet.job_id),
live as (
  select l.shard, l.run_id, l.state from punctual.live_runs l join quiet on l.shard = quiet.shard and l.job_id = quiet.job_id
  where $6 <> 'keep' for update of l),
cancelled as (
  delete from punctual.live_runs l using live
  where live.state in ('ready', 'waiting') and ${sameRun("l", "live")} returning l.*),
asked as (
  update punctual.live_runs l
  set cancel_reason = coalesce(l.cancel_reason, $7), cancelled_by = case when l.cancel_reason is null then $8 else l.cancelled_by end,
      expires_at = ${acceptedEndsNow}
  from live where $6 = 'cancel' and live.state = 'running' and ${sameRun("l", "live")}),
recorded as (
  insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, started_at, finished_at, reason, rerun_of,
    payload, queue, concurrency_key, origin, ended_by)
  select shard, run_id, job_id, tenant_id, revision, 'cancelled', kind, nominal_at, attempt, started_at, punctual.clock(), $7, rerun_of, payload, queue,
         concurrency_key, origin, $8
  from cancelled)
select job_id from gone`;

export type Deletion = { runs: "finish" | "cancel" | "keep"; reason: string; by: string };

/** @returns whether it was deleted by this call; false as null of reviseJob */
export async function deleteJob(
  db: Queryable,
  tenantId: number,
  jobId: string,
  expected: ExpectedJob,
  { runs, reason, by }: Deletion,
): Promise<boolean> {
  const values = [shardOf(jobId), jobId, tenantId, expected.revision, expected.nextMs, runs, reason, by];
  const { rowCount } = await db.query({ name: "delete_job", text: deleteSql, values });
  return rowCount === 1;
}
