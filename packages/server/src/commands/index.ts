import type { OperationId } from "@punctual/contract";
import { diffSchedules, explainSchedule, lintSchedule, previewSchedule } from "./ask-schedule.ts";
import { auditOccurrences } from "./audit-occurrences.ts";
import { cancelBackfill, createBackfill, getBackfill, listBackfills, pauseBackfill, resumeBackfill } from "./backfills.ts";
import { forceBreaker, listBreakers } from "./breakers.ts";
import { cancelJobRuns, cancelRun } from "./cancel.ts";
import { deleteQueue, pauseQueue, putQueue, resumeQueue } from "./change-queue.ts";
import { createJob } from "./create-job.ts";
import { createJobsBulk } from "./create-jobs-bulk.ts";
import { discardDeadLetter, discardDeadLetters, noteDeadLetter, replayDeadLetter, replayDeadLetters } from "./deal-with-dead-letters.ts";
import { deleteJob } from "./delete-job.ts";
import { explainJob } from "./explain-job.ts";
import { forecastLoad } from "./forecast-load.ts";
import type { Guests } from "./guests.ts";
import { listFindings } from "./list-findings.ts";
import { listOccurrences } from "./list-occurrences.ts";
import type { Operation } from "./operation.ts";
import { pauseJob, resumeJob } from "./pause-resume.ts";
import { getCluster } from "./read-cluster.ts";
import { countDeadLetters, getDeadLetter, listDeadLetters } from "./read-dead-letters.ts";
import { getJob, getJobByName, listJobs } from "./read-jobs.ts";
import { getQueue, listQueues } from "./read-queues.ts";
import { beginRestoreMode, getRestoreMode } from "./read-restore-mode.ts";
import { getRun, listRuns } from "./read-runs.ts";
import { resolveRestoreMode } from "./resolve-restore-mode.ts";
import { retryRun, runAgain } from "./retry-run.ts";
import { getSettings, putSettings } from "./settings.ts";
import { triggerJob } from "./trigger-job.ts";
import { updateJob } from "./update-job.ts";
import { upsertJob } from "./upsert-job.ts";
import { completeRun } from "./workers/complete-run.ts";
import { completeRuns } from "./workers/complete-runs.ts";
import type { WorkerDesk } from "./workers/desk.ts";
import { heartbeatRuns } from "./workers/heartbeat-runs.ts";
import { leaseRuns } from "./workers/lease-runs.ts";
import { listRunLogs } from "./workers/list-run-logs.ts";

/** A handler for every operation of the route table; the type demands that none is missing. */
export type Operations = { [K in OperationId]: Operation<K> };

/** @param desk where workers are served; the engine's part of it */
export function createOperations(guests: Guests, desk: WorkerDesk): Operations {
  return {
    createJob: createJob(guests),
    createJobsBulk: createJobsBulk(guests),
    listJobs,
    getJob,
    updateJob: updateJob(guests),
    deleteJob: deleteJob(guests),
    getJobByName,
    upsertJob: upsertJob(guests),
    pauseJob: pauseJob(guests),
    resumeJob: resumeJob(guests),
    triggerJob: triggerJob(guests),
    cancelJobRuns,
    listOccurrences,
    explainJob,
    listRuns,
    getRun,
    cancelRun,
    retryRun: retryRun(guests),
    runAgain: runAgain(guests),
    listDeadLetters: listDeadLetters(guests),
    countDeadLetters,
    replayDeadLetters: replayDeadLetters(guests),
    discardDeadLetters,
    getDeadLetter: getDeadLetter(guests),
    replayDeadLetter: replayDeadLetter(guests),
    discardDeadLetter: discardDeadLetter(guests),
    noteDeadLetter: noteDeadLetter(guests),
    listQueues,
    getQueue,
    putQueue,
    pauseQueue,
    resumeQueue,
    deleteQueue,
    listBreakers: listBreakers(guests),
    forceBreaker: forceBreaker(guests),
    previewSchedule,
    explainSchedule,
    lintSchedule,
    diffSchedules,
    forecastLoad,
    auditOccurrences,
    createBackfill,
    listBackfills,
    getBackfill,
    pauseBackfill,
    resumeBackfill,
    cancelBackfill,
    getCluster,
    listFindings,
    getRestoreMode,
    beginRestoreMode,
    resolveRestoreMode,
    getSettings,
    putSettings,
    leaseRuns: leaseRuns(desk),
    heartbeatRuns: heartbeatRuns(desk),
    completeRuns: completeRuns(desk),
    completeRun: completeRun(desk),
    listRunLogs,
  };
}
