import { type ErrorCode, type HoldReason, PunctualError, type RunWithAttempts } from "@punctual/contract";
import type { AuditedRevision } from "../model/audit.ts";
import { explainOccurrence } from "../model/explain-occurrence.ts";
import { acceptInstant, describedSchedule } from "../model/job-schedule.ts";
import { readClock } from "../store/clock.ts";
import { findJob } from "../store/jobs.ts";
import { readAuditedJobs, readRecorded } from "./audited-jobs.ts";
import type { CommandContext, Operation } from "./operation.ts";
import { getQueue } from "./read-queues.ts";
import { getRun } from "./read-runs.ts";
import { jobNotFound } from "./require-job.ts";
import { instant, instantOrNull } from "./views.ts";

const plain = { query: undefined, body: undefined, ifMatch: null };

/** Not from the job alone: a deleted one is explained by the revisions that it left. */
export const explainJob: Operation<"explainJob"> = async (context, { params, query }) => {
  const jobId = params.jobId.toLowerCase();
  const atMs = acceptInstant(query.at, "at");
  const nowMs = await readClock(context.db);
  const job = (await readAuditedJobs(context.db, context.tenantId, [jobId])).get(jobId);
  if (!job) throw jobNotFound(params.jobId);
  const recorded = (await readRecorded(context.db, [{ jobId, fromMs: atMs, toMs: atMs + 1 }])).get(jobId) ?? [];
  const current = await findJob(context.db, context.tenantId, jobId);
  const explained = explainOccurrence(job, recorded, { atMs, nowMs }, current?.pause_reason ?? null);
  const { verdict, because, revision, record, latenessMs } = explained;
  const run = record && (await orNull(getRun(context, { ...plain, params: { runId: record.runId } }), "run_not_found"));
  return {
    status: 200,
    body: {
      jobId,
      at: instant(atMs),
      verdict,
      because: [...because, ...(run ? await whyItWaits(context, run) : [])],
      revision: revision && {
        revision: revision.revision,
        status: revision.isActive ? "active" : "paused",
        from: instant(revision.validFromMs),
        to: instantOrNull(revision.validToMs),
      },
      schedule: revision && scheduleAt(revision, jobId, atMs),
      latenessMs: latenessMs === null ? null : Math.round(latenessMs),
      run,
    },
  };
};

/** A fixed delay has no times of its own to explain. */
function scheduleAt({ plan, definition }: AuditedRevision, jobId: string, atMs: number) {
  if (plan.afterCompletionMs !== null) return null;
  const { fires, localTime, reasons } = describedSchedule(definition, jobId).explain(atMs);
  return {
    at: instant(atMs),
    localTime,
    fires,
    reasons: reasons.map(({ part, holds, text }) => ({ part, holds, text })),
    previous: instantOrNull(plan.schedule.previous(atMs)),
    next: instantOrNull(plan.schedule.next(atMs)),
  };
}

/** What is gone between two reads is left out. */
async function orNull<T>(asked: Promise<{ body: T }>, gone: ErrorCode): Promise<T | null> {
  try {
    return (await asked).body;
  } catch (error) {
    if (error instanceof PunctualError && error.code === gone) return null;
    throw error;
  }
}

const holdWords: Record<HoldReason, string> = {
  breaker: "It waits: its target is held off by its breaker, because attempts at it fail.",
  overlap: "It waits for the end of the job's run before it, because its runs must not overlap.",
  retry_budget: "It waits: its target has had its share of retries.",
};

async function whyItWaits(context: CommandContext, run: RunWithAttempts): Promise<string[]> {
  if (run.status === "running")
    return [`Attempt ${run.attempt} is under way${run.worker === null ? "" : ` with the worker ${run.worker}`}.`];
  if (run.held !== null) return [holdWords[run.held]];
  if (run.status === "waiting") return [`It waits for its next attempt, which is set for ${run.nextAttemptAt}.`];
  if (run.status !== "ready") return [];
  if (run.queue === null) return ["It waits for a free slot on the node that owns its shard, or for its target's share of slots."];
  const queue = await orNull(getQueue(context, { ...plain, params: { name: run.queue } }), "queue_not_found");
  return [`It waits in the queue ${run.queue}.`, ...(queue?.blocked ? [queue.blocked.message] : [])];
}
