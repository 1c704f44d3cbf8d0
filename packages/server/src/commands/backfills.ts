import { randomBytes } from "node:crypto";
import { type Backfill, PunctualError } from "@punctual/contract";
import { occurrencesToBackfill } from "../model/backfill.ts";
import { jobId as idInShard, shardOf } from "../model/ids.ts";
import { type JobDefinition, planOf } from "../model/job-definition.ts";
import { acceptInstant } from "../model/job-schedule.ts";
import {
  type BackfillRow,
  type BackfillState,
  findBackfill,
  insertBackfill,
  listBackfills as listRows,
  moveBackfill,
  readOccurrencesThatRan,
} from "../store/backfills.ts";
import { cancelRuns } from "../store/cancelling.ts";
import { readClock } from "../store/clock.ts";
import type { JobRow } from "../store/jobs.ts";
import type { CommandContext, Operation } from "./operation.ts";
import { cutPage, pageCursor } from "./page-cursor.ts";
import { requireJob } from "./require-job.ts";
import { instant, instantOrNull } from "./views.ts";

const defaultPage = 50;
const defaults = { concurrency: 1, priority: -1 };
const unfinished = ["running", "paused"] as const;

export const createBackfill: Operation<"createBackfill"> = async (context, { params, body }) => {
  const job = await requireJob(context, params.jobId);
  const nowMs = await readClock(context.db);
  const range = acceptRange(body, job, nowMs);
  const { schedule, afterCompletionMs } = planOf(JSON.parse(job.definition) as JobDefinition, job.job_id);
  if (afterCompletionMs !== null)
    throw refused("", "A job with a fixed delay has no occurrences but those that were: each comes after the end of a run.");
  const occurrences = occurrencesToBackfill(schedule, range);
  if (body.dryRun === true) {
    const ran = await readOccurrencesThatRan(context.db, job.job_id, range.fromMs, range.toMs);
    const alreadyRan = occurrences.filter((nominalMs) => ran.has(nominalMs)).length;
    const [first, last] = [instantOrNull(occurrences[0] ?? null), instantOrNull(occurrences.at(-1) ?? null)];
    return { status: 200, body: { occurrences: occurrences.length, alreadyRan, toRun: occurrences.length - alreadyRan, first, last } };
  }
  const backfillId = idInShard(nowMs, randomBytes(10).toString("hex"), job.shard);
  const { concurrency = defaults.concurrency, priority = defaults.priority } = body;
  const made = { backfillId, jobId: job.job_id, revision: job.revision, ...range, concurrency, priority, total: occurrences.length };
  if (!(await insertBackfill(context.db, context.tenantId, { ...made, createdBy: context.actor })))
    throw new PunctualError("backfill_unfinished", `Job ${job.job_id} has a backfill that has not ended.`);
  context.wake(job.shard);
  return { status: 201, body: backfillView(await requireBackfill(context, backfillId)) };
};

/** What the job's cursor has still to come to is not the past. */
function acceptRange(body: { from: string; to: string }, job: JobRow, nowMs: number): { fromMs: number; toMs: number } {
  const [fromMs, toMs] = [acceptInstant(body.from, "/from"), acceptInstant(body.to, "/to")];
  if (fromMs >= toMs) throw refused("/to", `to is ${body.to}, which is not after from, ${body.from}.`);
  if (toMs > nowMs) throw refused("/to", `to is ${body.to}, which is in the future; it is ${instant(nowMs)} now.`);
  return { fromMs, toMs: Math.max(fromMs, Math.min(toMs, job.next_ms ?? toMs)) };
}

function refused(pointer: string, message: string): PunctualError {
  return new PunctualError("request_invalid", message, { faults: [{ pointer, message }] });
}

export const listBackfills: Operation<"listBackfills"> = async (context, { query }) => {
  const { cursor, limit = defaultPage, jobId, status } = query;
  const filters = { jobId: jobId?.toLowerCase() ?? null, state: status ?? null };
  const pages = pageCursor(context.tenantId, "backfills", filters);
  const found = await listRows(context.db, context.tenantId, filters, { pastId: pages.read(cursor), limit: limit + 1 });
  const { rows, lastKey } = cutPage(found, limit, (row) => row.backfill_id);
  return { status: 200, body: { items: rows.map(backfillView), nextCursor: pages.after(lastKey) } };
};

export const getBackfill: Operation<"getBackfill"> = async (context, { params }) => ({
  status: 200,
  body: backfillView(await requireBackfill(context, params.backfillId)),
});

export const pauseBackfill: Operation<"pauseBackfill"> = async (context, { params }) => ({
  status: 200,
  body: backfillView(await move(context, params.backfillId, "paused")),
});

export const resumeBackfill: Operation<"resumeBackfill"> = async (context, { params }) => {
  const row = await move(context, params.backfillId, "running");
  context.wake(shardOf(row.backfill_id));
  return { status: 200, body: backfillView(row) };
};

export const cancelBackfill: Operation<"cancelBackfill"> = async (context, { params, body }) => {
  const row = await move(context, params.backfillId, "cancelled");
  if (body?.keepRuns !== true) {
    const which = { jobId: row.job_id, backfill: { fromMs: row.from_ms, toMs: row.to_ms } };
    await cancelRuns(context.db, context.tenantId, which, { reason: `its backfill was cancelled by ${context.actor}`, by: context.actor });
  }
  return { status: 200, body: backfillView(await requireBackfill(context, row.backfill_id)) };
};

async function requireBackfill(context: CommandContext, backfillId: string): Promise<BackfillRow> {
  const row = await findBackfill(context.db, context.tenantId, backfillId.toLowerCase());
  if (!row) throw new PunctualError("backfill_not_found", `There is no backfill ${backfillId}.`);
  return row;
}

async function move(context: CommandContext, backfillId: string, to: BackfillState): Promise<BackfillRow> {
  const row = await requireBackfill(context, backfillId);
  const isMoved = await moveBackfill(context.db, context.tenantId, row.backfill_id, unfinished, to);
  const after = await requireBackfill(context, backfillId);
  if (!isMoved) throw new PunctualError("backfill_ended", `Backfill ${row.backfill_id} is ${after.state}.`);
  return after;
}

function backfillView(row: BackfillRow): Backfill {
  const over = Math.max(0, row.started - row.live) + row.passed_over;
  const share = row.total === 0 ? 1 : Math.min(1, over / row.total);
  const endMs = row.state === "running" && share > 0 ? row.now + ((row.now - row.created_ms) * (1 - share)) / share : null;
  return {
    backfillId: row.backfill_id,
    jobId: row.job_id,
    revision: row.revision,
    from: instant(row.from_ms),
    to: instant(row.to_ms),
    status: row.state,
    concurrency: row.concurrency,
    priority: row.priority,
    total: row.total,
    started: row.started,
    passedOver: row.passed_over,
    live: row.live,
    percent: Math.floor(share * 1_000) / 10,
    estimatedEndAt: instantOrNull(endMs),
    createdBy: row.created_by,
    createdAt: instant(row.created_ms),
    endedAt: instantOrNull(row.ended_ms),
  };
}
