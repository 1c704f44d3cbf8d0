import { PunctualError } from "@punctual/contract";
import { type JobDefinition, planOf } from "../model/job-definition.ts";
import { acceptInstant } from "../model/job-schedule.ts";
import { passOver } from "../model/pass-over.ts";
import { readClock } from "../store/clock.ts";
import type { Queryable } from "../store/database.ts";
import { readHighWater } from "../store/high-water.ts";
import { endLiveBefore } from "../store/restored-runs.ts";
import { type PassedAs, type PassedJob, passOverJobs, readStanding, resolveRestore } from "../store/restores.ts";
import type { Operation } from "./operation.ts";

/** What a request does at most: about a second. */
const occurrencesMost = 10_000;
const jobsMost = 500;
const runsMost = 2_000;

type Wish = { upToMs: number; nowMs: number; counts: boolean; jobId: string | undefined };

/** In parts, each a guarded statement: whoever is cut off asks again and goes on. Firing goes on when nothing is left. */
export const resolveRestoreMode: Operation<"resolveRestoreMode"> = async ({ db, actor }, { body }) => {
  const { choice, upTo, jobId: named } = body;
  const restore = (await readHighWater(db))?.restore;
  if (!restore) throw new PunctualError("not_in_restore_mode", "No restore is open.");
  const nowMs = await readClock(db);
  const upToMs = upTo === undefined ? nowMs : acceptInstant(upTo, "/upTo");
  const jobId = named?.toLowerCase();
  if (choice === "run" && (upTo !== undefined || jobId !== undefined)) throw runsWhole();
  if (upToMs > nowMs) throw tooLate();
  let [occurrences, runs] = [0, 0];
  if (choice !== "run") {
    const reason = choice === "done" ? "marked as done after a restore" : "skipped after a restore";
    const isDone = choice === "done";
    const passed = await passStanding(
      db,
      { upToMs, nowMs, counts: isDone, jobId },
      { state: isDone ? "succeeded" : "skipped", reason, by: actor },
    );
    occurrences = passed.recorded;
    if (passed.isComplete) {
      // Not those that were asked for since firing was stopped.
      const beforeMs = Math.min(upToMs, restore.noticedMs);
      runs = await endLiveBefore(db, beforeMs, runsMost, { state: isDone ? "succeeded" : "cancelled", reason, by: actor }, jobId);
    }
    if (!passed.isComplete || runs === runsMost) return { status: 200, body: { occurrences, runs, isComplete: false, isResolved: false } };
  }
  if (jobId === undefined) await resolveRestore(db, choice, choice === "run" ? null : upToMs, actor);
  return { status: 200, body: { occurrences, runs, isComplete: true, isResolved: jobId === undefined } };
};

/** Until nothing stands any more, read anew: a cursor that was changed meanwhile has not moved. */
async function passStanding(db: Queryable, wish: Wish, as: PassedAs): Promise<{ recorded: number; isComplete: boolean }> {
  let recorded = 0;
  while (recorded < occurrencesMost) {
    const passed = await passPage(db, wish, as, occurrencesMost - recorded);
    if (passed === null) return { recorded, isComplete: true };
    recorded += passed;
  }
  return { recorded, isComplete: false };
}

/** @returns how many occurrences were recorded; null when nothing stands */
async function passPage(db: Queryable, { upToMs, nowMs, counts, jobId }: Wish, as: PassedAs, most: number): Promise<number | null> {
  const rows = await readStanding(db, { after: null, dueByMs: upToMs, limit: jobsMost, jobId });
  if (rows.length === 0) return null;
  const jobs: PassedJob[] = [];
  let left = most;
  for (const row of rows) {
    if (left <= 0) break;
    const plan = planOf(JSON.parse(row.definition) as JobDefinition, row.job_id);
    const standing = { jobId: row.job_id, nextMs: row.next_ms, fired: row.fired };
    const passed = passOver(standing, plan, { upToMs, nowMs, counts, limit: left });
    left -= passed.occurrences.length;
    jobs.push({ shard: row.shard, jobId: row.job_id, revision: row.revision, nextMs: row.next_ms, ...passed });
  }
  return passOverJobs(db, jobs, as);
}

function runsWhole(): PunctualError {
  const message = "run lets every job go on from where its cursor stands; it takes neither upTo nor jobId.";
  const remedy = "Skip or mark as done first what must not run, then run the rest.";
  return new PunctualError("request_invalid", message, { faults: [{ pointer: "/choice", message, remedy }] });
}

function tooLate(): PunctualError {
  const message = "upTo lies in the future: what has not come due cannot be decided about.";
  return new PunctualError("request_invalid", message, { faults: [{ pointer: "/upTo", message, expected: "a time up to now" }] });
}
