import type { Queryable } from "./database.ts";
import { reviseJob } from "./job-revisions.ts";
import { findJob } from "./jobs.ts";

/**
 * Pauses a job if it still is at this revision and active. A job that was edited, paused or deleted meanwhile, or whose schedule is over, is left alone.
 *
 * @returns `busy` when an occurrence is due that must be fired first: try again
 */
export async function pauseAtRevision(
  db: Queryable,
  tenantId: number,
  jobId: string,
  revision: number,
  reason: string,
): Promise<"paused" | "left_alone" | "busy"> {
  const job = await findJob(db, tenantId, jobId);
  if (!job || job.revision !== revision || job.status !== "active" || job.fired === null) return "left_alone";
  const { name, definition, payload, target_type: targetType, labels } = job;
  const cursor = { action: "hold", restartCount: false } as const;
  const paused = { name, status: "paused" as const, definition, payload, targetType, labels, pauseReason: reason, cursor };
  return (await reviseJob(db, tenantId, jobId, { revision, nextMs: job.next_ms }, "paused", paused)) === null ? "busy" : "paused";
}
