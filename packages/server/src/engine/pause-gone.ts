import { setTimeout as sleep } from "node:timers/promises";
import { type Database, isUnavailable } from "../store/database.ts";
import { pauseAtRevision } from "../store/pausing.ts";
import type { Emit } from "../telemetry/events.ts";

const reason = "The target answered 410: it is gone.";
/** An occurrence that is due goes first, and the fire loop takes it within milliseconds; a job that fires every second is quiet in between. */
const tries = 20;
const pauseMs = 25;

/**
 * Pauses a job whose target is gone for good, so that it is not called for ever. A job edited since is left alone: its new target may be the mended one. If
 * it does not come to it (the database is away, say), the next run's 410 will.
 */
export async function pauseGone(db: Database, emit: Emit, job: { tenantId: number; jobId: string; revision: number }): Promise<void> {
  try {
    for (let attempt = 1; attempt <= tries; attempt++) {
      if ((await pauseAtRevision(db, job.tenantId, job.jobId, job.revision, reason)) !== "busy") return;
      await sleep(attempt * pauseMs);
    }
  } catch (error) {
    emit({ type: "loop_failed", loop: "pause", error, databaseAway: isUnavailable(error) });
  }
}
