import type { OperationId, Routes } from "@punctual/contract";

/** Whether sending the same request twice does no more than sending it once: always, only with an idempotency key, or never for sure. */
export type Repeatable = "always" | "with_key" | "never";

type Operation<K extends OperationId> = { method: Routes[K]["method"]; path: string; repeatable: Repeatable };

/**
 * Method and path of every operation. The route table of the contract says the same, but importing it costs 150 ms of schema library, which a command line
 * pays at every start; so the few facts stand here again, and a test compares them with the table, line by line.
 */
export const operations: { readonly [K in OperationId]: Operation<K> } = {
  createJob: { method: "POST", path: "/v1/jobs", repeatable: "with_key" },
  createJobsBulk: { method: "POST", path: "/v1/jobs/bulk", repeatable: "with_key" },
  listJobs: { method: "GET", path: "/v1/jobs", repeatable: "always" },
  getJob: { method: "GET", path: "/v1/jobs/{jobId}", repeatable: "always" },
  // A lost answer to PATCH or DELETE cannot be told from a lost request: the second try may meet revision_mismatch or job_not_found, made by the first.
  updateJob: { method: "PATCH", path: "/v1/jobs/{jobId}", repeatable: "never" },
  deleteJob: { method: "DELETE", path: "/v1/jobs/{jobId}", repeatable: "never" },
  getJobByName: { method: "GET", path: "/v1/jobs/by-name/{name}", repeatable: "always" },
  upsertJob: { method: "PUT", path: "/v1/jobs/by-name/{name}", repeatable: "never" },
  pauseJob: { method: "POST", path: "/v1/jobs/{jobId}/pause", repeatable: "never" },
  resumeJob: { method: "POST", path: "/v1/jobs/{jobId}/resume", repeatable: "never" },
  triggerJob: { method: "POST", path: "/v1/jobs/{jobId}/trigger", repeatable: "with_key" },
  cancelJobRuns: { method: "POST", path: "/v1/jobs/{jobId}/cancel", repeatable: "never" },
  listOccurrences: { method: "GET", path: "/v1/jobs/{jobId}/occurrences", repeatable: "always" },
  explainJob: { method: "GET", path: "/v1/jobs/{jobId}/explain", repeatable: "always" },
  listRuns: { method: "GET", path: "/v1/runs", repeatable: "always" },
  getRun: { method: "GET", path: "/v1/runs/{runId}", repeatable: "always" },
  cancelRun: { method: "POST", path: "/v1/runs/{runId}/cancel", repeatable: "never" },
  retryRun: { method: "POST", path: "/v1/runs/{runId}/retry", repeatable: "never" },
  runAgain: { method: "POST", path: "/v1/runs/{runId}/run-again", repeatable: "with_key" },
  listQueues: { method: "GET", path: "/v1/queues", repeatable: "always" },
  getQueue: { method: "GET", path: "/v1/queues/{name}", repeatable: "always" },
  putQueue: { method: "PUT", path: "/v1/queues/{name}", repeatable: "never" },
  pauseQueue: { method: "POST", path: "/v1/queues/{name}/pause", repeatable: "never" },
  resumeQueue: { method: "POST", path: "/v1/queues/{name}/resume", repeatable: "never" },
  deleteQueue: { method: "DELETE", path: "/v1/queues/{name}", repeatable: "never" },
  listBreakers: { method: "GET", path: "/v1/breakers", repeatable: "always" },
  forceBreaker: { method: "POST", path: "/v1/breakers/force", repeatable: "never" },
  previewSchedule: { method: "POST", path: "/v1/schedules/preview", repeatable: "always" },
  explainSchedule: { method: "POST", path: "/v1/schedules/explain", repeatable: "always" },
  lintSchedule: { method: "POST", path: "/v1/schedules/lint", repeatable: "always" },
  diffSchedules: { method: "POST", path: "/v1/schedules/diff", repeatable: "always" },
  forecastLoad: { method: "POST", path: "/v1/schedules/forecast", repeatable: "always" },
  listDeadLetters: { method: "GET", path: "/v1/dead-letters", repeatable: "always" },
  countDeadLetters: { method: "GET", path: "/v1/dead-letters/count", repeatable: "always" },
  replayDeadLetters: { method: "POST", path: "/v1/dead-letters/replay", repeatable: "with_key" },
  discardDeadLetters: { method: "POST", path: "/v1/dead-letters/discard", repeatable: "with_key" },
  getDeadLetter: { method: "GET", path: "/v1/dead-letters/{runId}", repeatable: "always" },
  replayDeadLetter: { method: "POST", path: "/v1/dead-letters/{runId}/replay", repeatable: "never" },
  discardDeadLetter: { method: "POST", path: "/v1/dead-letters/{runId}/discard", repeatable: "never" },
  noteDeadLetter: { method: "POST", path: "/v1/dead-letters/{runId}/note", repeatable: "never" },
  auditOccurrences: { method: "GET", path: "/v1/audit/occurrences", repeatable: "always" },
  createBackfill: { method: "POST", path: "/v1/jobs/{jobId}/backfill", repeatable: "with_key" },
  listBackfills: { method: "GET", path: "/v1/backfills", repeatable: "always" },
  getBackfill: { method: "GET", path: "/v1/backfills/{backfillId}", repeatable: "always" },
  pauseBackfill: { method: "POST", path: "/v1/backfills/{backfillId}/pause", repeatable: "never" },
  resumeBackfill: { method: "POST", path: "/v1/backfills/{backfillId}/resume", repeatable: "never" },
  cancelBackfill: { method: "POST", path: "/v1/backfills/{backfillId}/cancel", repeatable: "never" },
  getCluster: { method: "GET", path: "/v1/cluster", repeatable: "always" },
  listFindings: { method: "GET", path: "/v1/cluster/findings", repeatable: "always" },
  getRestoreMode: { method: "GET", path: "/v1/cluster/restore", repeatable: "always" },
  beginRestoreMode: { method: "POST", path: "/v1/cluster/restore", repeatable: "never" },
  resolveRestoreMode: { method: "POST", path: "/v1/cluster/restore/resolve", repeatable: "never" },
  getSettings: { method: "GET", path: "/v1/settings", repeatable: "always" },
  putSettings: { method: "PUT", path: "/v1/settings", repeatable: "never" },
  leaseRuns: { method: "POST", path: "/v1/workers/lease", repeatable: "never" },
  heartbeatRuns: { method: "POST", path: "/v1/workers/heartbeat", repeatable: "never" },
  completeRuns: { method: "POST", path: "/v1/workers/complete", repeatable: "never" },
  completeRun: { method: "POST", path: "/v1/runs/{runId}/complete", repeatable: "never" },
  listRunLogs: { method: "GET", path: "/v1/runs/{runId}/logs", repeatable: "always" },
};
