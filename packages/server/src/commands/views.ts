import type { Attempt, Job, Run } from "@punctual/contract";
import { formatDuration } from "@punctual/schedule";
import { instantText } from "../model/instant-text.ts";
import { type JobDefinition, jobDefaults } from "../model/job-definition.ts";
import { queueNameOf } from "../model/placement.ts";
import { retryView } from "../model/retry-policy.ts";
import { timeoutsOf } from "../model/timeouts.ts";
import type { JobRow } from "../store/jobs.ts";
import type { AttemptRow, RunRow } from "../store/runs.ts";

/** Epoch ms as the wire writes times. */
export const instant = instantText;

/** Written once, not for each job that says nothing of it. */
const misfireWindowByDefault = formatDuration(jobDefaults.misfireWindowMs);

export function instantOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : instant(epochMs);
}

/**
 * A stored job as the wire shows it, with its defaults filled in.
 *
 * @param options.definition that of the row, of whoever has it: reading it from its text again is a sixth of the work
 */
export function jobView(row: JobRow, options: { withPayload: boolean; definition?: JobDefinition }): Job {
  const definition = options.definition ?? (JSON.parse(row.definition) as JobDefinition);
  const { retry, timeout, misfire, priority, overlap } = definition;
  const queue = queueNameOf(definition);
  // Most are of a job that was never changed and starts at its nominal time.
  const nextRunAt = instantOrNull(row.next_ms);
  const createdAt = instant(row.created_ms);
  return {
    jobId: row.job_id,
    name: row.name,
    revision: row.revision,
    status: row.status === "active" && row.fired === null ? "completed" : row.status,
    ...definition,
    ...(options.withPayload && row.payload !== null ? { payload: JSON.parse(row.payload) as unknown } : {}),
    retry: retryView(retry),
    timeout: timeout ?? timeoutsOf(definition.target).byDefault,
    misfire: {
      window: misfire?.window ?? misfireWindowByDefault,
      policy: misfire?.policy ?? jobDefaults.misfirePolicy,
    },
    priority: priority ?? jobDefaults.priority,
    ...(queue !== null && { queue }),
    overlap: overlap ?? jobDefaults.overlap,
    labels: row.labels,
    nextRunAt,
    nextRunEffectiveAt: row.next_ms === null || row.due_ms === row.next_ms ? nextRunAt : instantOrNull(row.due_ms),
    pauseReason: row.pause_reason,
    createdAt,
    updatedAt: row.updated_ms === row.created_ms ? createdAt : instant(row.updated_ms),
  };
}

export function runView(row: RunRow): Run {
  return {
    runId: row.run_id,
    jobId: row.job_id,
    revision: row.revision,
    status: row.state,
    kind: row.kind,
    nominalAt: instant(row.nominal_ms),
    nextAttemptAt: row.state === "waiting" ? instantOrNull(row.due_ms) : null,
    attempt: row.attempt,
    startedAt: instantOrNull(row.started_ms),
    finishedAt: instantOrNull(row.finished_ms),
    lagMs: row.started_ms === null ? null : Math.round(row.started_ms - row.nominal_ms),
    held: row.held,
    queue: row.queue,
    worker: row.worker,
    leaseUntil: instantOrNull(row.lease_until_ms),
    progress: row.progress === null && row.progress_message === null ? null : { percent: row.progress, message: row.progress_message },
    reason: row.reason,
    endedBy: row.ended_by,
    rerunOf: row.rerun_of,
    failureClass: row.failure_class,
    statusCode: row.status_code,
  };
}

/**
 * Whether anything of a run may have reached its target: false only when that is certain, null while an attempt is under way or when not all that was is
 * recorded.
 */
export function targetMayHaveSeen(run: RunRow, attempts: readonly AttemptRow[]): boolean | null {
  if (attempts.some((attempt) => attempt.may_have_been_seen === true)) return true;
  const unseen = attempts.filter((attempt) => !attempt.late && attempt.may_have_been_seen === false);
  return unseen.length < run.attempt ? null : false;
}

export function attemptView(row: AttemptRow): Attempt {
  return {
    attempt: row.attempt,
    outcome: row.outcome,
    startedAt: instant(row.started_ms),
    durationMs: Math.max(0, Math.round(row.duration_ms)),
    failureClass: row.failure_class,
    statusCode: row.status_code,
    error: row.error,
    output: row.output,
    outputTruncated: row.output_truncated,
    nodeId: row.node_id,
    nextAttemptAt: instantOrNull(row.next_ms),
    nextBecause: row.next_because,
    mayHaveBeenSeen: row.may_have_been_seen,
    worker: row.worker,
    late: row.late,
  };
}
