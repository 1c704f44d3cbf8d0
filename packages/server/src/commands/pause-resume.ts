import { PunctualError } from "@punctual/contract";
import { type JobDefinition, planOf } from "../model/job-definition.ts";
import type { Revision } from "../store/job-revisions.ts";
import type { JobRow } from "../store/jobs.ts";
import { wakeIfSoon } from "./create-job.ts";
import type { Guests } from "./guests.ts";
import type { Operation } from "./operation.ts";
import { applyRevision, changeJob, cursorFrom, reread } from "./revise.ts";
import { jobView } from "./views.ts";

export function pauseJob(guests: Guests): Operation<"pauseJob"> {
  return async (context, { params, body, ifMatch }) => {
    const request = { jobId: params.jobId, ifMatch };
    const job = await changeJob(
      context,
      guests,
      request,
      (current) => {
        refuseCompleted(current);
        if (current.status === "paused") return null;
        return sameJob(current, { status: "paused", pauseReason: body?.reason ?? null, cursor: { action: "hold", restartCount: false } });
      },
      (current, revision) => applyRevision(context, current, "paused", revision),
    );
    const after = await reread(context, job.job_id);
    return { status: 200, body: jobView(after, { withPayload: true }), revision: after.revision };
  };
}

/** Resumes from the first occurrence after now: what fell into the pause is not made up for, and resuming never fires by itself. */
export function resumeJob(guests: Guests): Operation<"resumeJob"> {
  return async (context, { params, ifMatch }) => {
    const request = { jobId: params.jobId, ifMatch };
    const job = await changeJob(
      context,
      guests,
      request,
      (current, nowMs) => {
        refuseCompleted(current);
        if (current.status === "active") return null;
        const plan = planOf(JSON.parse(current.definition) as JobDefinition, current.job_id);
        const cursor = cursorFrom(plan, nowMs, { restartCount: false, mayHavePassed: false });
        return { nowMs, revision: sameJob(current, { status: "active", pauseReason: null, cursor }) };
      },
      async (current, { nowMs, revision }) => {
        const applied = await applyRevision(context, current, "resumed", revision);
        if (applied && revision.cursor.action === "set")
          wakeIfSoon(context, { shard: current.shard, nextMs: revision.cursor.next.nominalMs }, nowMs);
        return applied;
      },
    );
    const after = await reread(context, job.job_id);
    return { status: 200, body: jobView(after, { withPayload: true }), revision: after.revision };
  };
}

function refuseCompleted(job: JobRow): void {
  if (job.status === "active" && job.fired === null) throw new PunctualError("job_completed", `Job ${job.job_id} is completed.`);
}

function sameJob(job: JobRow, change: Pick<Revision, "status" | "pauseReason" | "cursor">): Revision {
  const { name, definition, payload, target_type: targetType, labels } = job;
  return { name, definition, payload, targetType, labels, ...change };
}
