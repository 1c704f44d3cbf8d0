import type { AuditedJob, RecordedOccurrence } from "../model/audit.ts";
import { type JobDefinition, planOf } from "../model/job-definition.ts";
import { readRecords, readRevisions } from "../store/auditing.ts";
import type { Queryable } from "../store/database.ts";

/** Jobs with every revision they ever had, deleted ones included; one that never was is left out. */
export async function readAuditedJobs(db: Queryable, tenantId: number, jobIds: readonly string[]): Promise<Map<string, AuditedJob>> {
  const jobs = new Map<string, { revisions: AuditedJob["revisions"][number][]; cursorMs: number | null }>();
  for (const row of await readRevisions(db, tenantId, jobIds)) {
    const job = jobs.get(row.job_id) ?? { revisions: [], cursorMs: null };
    const definition = JSON.parse(row.definition) as JobDefinition;
    job.revisions.push({
      revision: row.revision,
      isActive: row.status === "active",
      validFromMs: row.valid_from_ms,
      validToMs: row.valid_to_ms,
      definition,
      plan: planOf(definition, row.job_id),
    });
    job.cursorMs = row.next_ms;
    jobs.set(row.job_id, job);
  }
  return jobs;
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
