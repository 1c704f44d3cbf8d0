import type { AuditedJob, RecordedOccurrence } from "../model/audit.ts";
import { type JobDefinition, planOf } from "../model/job-definition.ts";
import { type RevisionRow, readRecords, readRevisions } from "../store/auditing.ts";
import type { Queryable } from "../store/database.ts";

/**
 * Jobs with every revision they ever had, deleted ones included; one that never was is left out.
 *
 * @param onUnreadable told of a job whose definition this version cannot read, which is left out then
 * @throws whatever reading such a definition throws, when nobody wants to be told
 */
export async function readAuditedJobs(
  db: Queryable,
  tenantId: number,
  jobIds: readonly string[],
  onUnreadable?: (jobId: string) => void,
): Promise<Map<string, AuditedJob>> {
  const jobs = new Map<string, { revisions: AuditedJob["revisions"][number][]; cursorMs: number | null }>();
  const unreadable = new Set<string>();
  for (const row of await readRevisions(db, tenantId, jobIds)) {
    const job = jobs.get(row.job_id) ?? { revisions: [], cursorMs: null };
    jobs.set(row.job_id, { ...job, cursorMs: row.next_ms });
    try {
      job.revisions.push(revisionOf(row));
    } catch (error) {
      if (onUnreadable === undefined) throw error;
      unreadable.add(row.job_id);
    }
  }
  for (const jobId of unreadable) {
    jobs.delete(jobId);
    onUnreadable?.(jobId);
  }
  return jobs;
}

function revisionOf(row: RevisionRow): AuditedJob["revisions"][number] {
  const definition = JSON.parse(row.definition) as JobDefinition;
  return {
    revision: row.revision,
    isActive: row.status === "active",
    validFromMs: row.valid_from_ms,
    validToMs: row.valid_to_ms,
    definition,
    plan: planOf(definition, row.job_id),
  };
}

/** What is recorded of each job's occurrences in its window: from inclusive, to exclusive. */
export async function readRecorded(
  db: Queryable,
  jobs: readonly { jobId: string; fromMs: number; toMs: number }[],
): Promise<Map<string, RecordedOccurrence[]>> {
  const records = new Map<string, RecordedOccurrence[]>();
  for (const row of await readRecords(db, jobs)) {
    const { job_id: jobId, nominal_ms: nominalMs, run_id: runId, state, kind, reason, started_ms: startedMs } = row;
    const list = records.get(jobId) ?? [];
    list.push({ nominalMs, runId, state, kind, reason, startedMs });
    records.set(jobId, list);
  }
  return records;
}
