import { setTimeout as sleep } from "node:timers/promises";
import { type Database, isUnavailable } from "../store/database.ts";
import { areLastRunsDead } from "../store/dead-row.ts";
import { pauseAtRevision } from "../store/pausing.ts";
import type { Emit } from "../telemetry/events.ts";

/** An occurrence that is due goes first, and the fire loop takes it within milliseconds; a job that fires every second is quiet in between. */
const tries = 20;
const pauseMs = 25;

export type JobAtRevision = { tenantId: number; jobId: string; revision: number };

/** Pauses a job whose target is gone for good, so that it is not called for ever. */
export function pauseGone(db: Database, emit: Emit, job: JobAtRevision): void {
  inBackground(emit, () => pause(db, emit, job, "The target answered 410: it is gone."));
}

/** Pauses a job whose last runs, `count` in a row, are dead. A run must be in history before this is asked. */
export function pauseAfterDeadRuns(db: Database, emit: Emit, job: JobAtRevision, count: number): void {
  inBackground(emit, async () => {
    if (!(await areLastRunsDead(db, job.jobId, job.revision, count))) return;
    await pause(db, emit, job, count === 1 ? "A run is dead." : `${count} runs in a row are dead.`);
  });
}

/** A job edited since is left alone: what is wrong may be mended. If it does not come to it (the database is away, say), the next run that ends so will. */
async function pause(db: Database, emit: Emit, { tenantId, jobId, revision }: JobAtRevision, reason: string): Promise<void> {
  for (let attempt = 1; attempt <= tries; attempt++) {
    const done = await pauseAtRevision(db, tenantId, jobId, revision, reason);
    if (done === "paused") emit({ type: "job_paused", tenantId, jobId, revision, reason });
    if (done !== "busy") return;
    await sleep(attempt * pauseMs);
  }
}

/** Nobody waits for it: the run that brought it about has ended. */
function inBackground(emit: Emit, work: () => Promise<void>): void {
  work().catch((error: unknown) => emit({ type: "loop_failed", loop: "pause", error, databaseAway: isUnavailable(error) }));
}
