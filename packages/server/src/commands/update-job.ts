import { isDeepStrictEqual } from "node:util";
import { type CreateJobBody, PunctualError } from "@punctual/contract";
import { occurrenceRunId } from "../model/ids.ts";
import { type AcceptedJob, acceptJob, type JobDefinition, mergeJob, signsWithOwnSecret } from "../model/job-definition.ts";
import { firstLook, scheduleOf } from "../model/job-schedule.ts";
import { queueNameOf } from "../model/placement.ts";
import type { Revision } from "../store/job-revisions.ts";
import type { JobRow } from "../store/jobs.ts";
import { findRun } from "../store/runs.ts";
import { addSecret, jobSigningSecret, newSigningSecret } from "../store/secrets.ts";
import { readSettings } from "../store/settings.ts";
import { wakeIfSoon } from "./create-job.ts";
import type { Guests } from "./guests.ts";
import type { CommandContext, Operation } from "./operation.ts";
import { applyRevision, changeJob, cursorFrom, reread } from "./revise.ts";
import { jobView } from "./views.ts";

export function updateJob(guests: Guests): Operation<"updateJob"> {
  return async (context, { params, body, ifMatch }) => {
    // Only taking its own retry away gives a job the default: an edit of anything else must not change how it retries.
    const { retry } = body.retry === null ? await readSettings(context.db, context.tenantId) : body;
    const patch = retry === undefined ? body : { ...body, retry };
    const job = await replaceJob(context, guests, { jobId: params.jobId, ifMatch }, (current) => mergeJob(storedJob(current), patch));
    return { status: 200, body: job, revision: job.revision };
  };
}

/**
 * Makes a job what `bodyOf` says, as a new revision, unless it is that already. An unchanged schedule keeps its cursor, so that an edit of anything else
 * neither skips nor repeats an occurrence; a changed one starts anew after now, with a new count for maxRuns.
 */
export async function replaceJob(
  context: CommandContext,
  guests: Guests,
  request: { jobId: string; ifMatch: number | null },
  bodyOf: (current: JobRow) => CreateJobBody,
) {
  let signingSecret: string | undefined;
  const job = await changeJob(
    context,
    guests,
    request,
    async (current, nowMs) => {
      const body = bodyOf(current);
      const accepted = acceptJob(current.job_id, keepAnchor(body, current), nowMs, guests.check, { mayBeOver: true });
      requireQueueStays(current, accepted);
      if (isSame(current, accepted)) return null;
      return { accepted, cursor: await cursorAfter(context, current, accepted, nowMs), nowMs };
    },
    async (current, { accepted, cursor, nowMs }) => {
      signingSecret ??= await secretFor(context, current, accepted);
      const applied = await applyRevision(context, current, "updated", revisionOf(current, accepted, cursor));
      if (applied && cursor.action === "set") wakeIfSoon(context, { shard: current.shard, nextMs: cursor.next.nominalMs }, nowMs);
      return applied;
    },
  );
  const view = jobView(await reread(context, job.job_id), { withPayload: true });
  return signingSecret ? { ...view, signingSecret } : view;
}

/** A queue and its jobs share a shard, and a job's id names its shard. Leaving a queue needs no other shard. */
function requireQueueStays(current: JobRow, { definition }: AcceptedJob): void {
  const before = queueNameOf(JSON.parse(current.definition) as JobDefinition);
  const after = queueNameOf(definition);
  if (after === null || after === before) return;
  const message = `The job's queue is ${before ?? "none"} and cannot become ${after}: a job is stored with its queue.`;
  const pointer = definition.target.type === "worker" ? "/target/queue" : "/queue";
  throw new PunctualError("queue_fixed", message, { faults: [{ pointer, message, found: after }] });
}

function storedJob(row: JobRow) {
  return { definition: JSON.parse(row.definition) as JobDefinition, name: row.name, labels: row.labels, payload: row.payload };
}

/** An interval whose author names no anchor keeps the one it was given at creation, so that saying the same again changes nothing. */
function keepAnchor(body: CreateJobBody, current: JobRow): CreateJobBody {
  const stored = JSON.parse(current.definition) as JobDefinition;
  if (body.anchor !== undefined || stored.anchor === undefined) return body;
  const stays = body.every === undefined ? body.rrule !== undefined && body.rrule === stored.rrule : body.every === stored.every;
  return stays ? { ...body, anchor: stored.anchor } : body;
}

function isSame(current: JobRow, accepted: AcceptedJob): boolean {
  return (
    isDeepStrictEqual(JSON.parse(current.definition), JSON.parse(JSON.stringify(accepted.definition))) &&
    isDeepStrictEqual(current.labels, accepted.labels) &&
    current.payload === accepted.payload &&
    current.name === accepted.name
  );
}

async function cursorAfter(context: CommandContext, current: JobRow, accepted: AcceptedJob, nowMs: number): Promise<Revision["cursor"]> {
  const stored = JSON.parse(current.definition) as JobDefinition;
  const unchanged =
    isDeepStrictEqual(scheduleOf(stored), scheduleOf(accepted.definition)) && stored.maxRuns === accepted.definition.maxRuns;
  if (current.status === "paused") return { action: "hold", restartCount: !unchanged };
  if (unchanged) return { action: "keep" };
  const mayHavePassed = accepted.definition.runAt !== undefined;
  const cursor = cursorFrom(accepted.plan, firstLook(accepted.definition, nowMs), { restartCount: true, mayHavePassed });
  if (cursor.action !== "set") return cursor;
  const nextMs = cursor.next.nominalMs;
  // A one-time job set back to a time that has already had its run does not run again: one occurrence, at most one run.
  const again = nextMs <= nowMs && (await findRun(context.db, context.tenantId, occurrenceRunId(current.job_id, nextMs))) !== null;
  return again ? { action: "drop" } : cursor;
}

function revisionOf(current: JobRow, accepted: AcceptedJob, cursor: Revision["cursor"]): Revision {
  return {
    name: accepted.name,
    status: current.status,
    definition: JSON.stringify(accepted.definition),
    payload: accepted.payload,
    targetType: accepted.definition.target.type,
    labels: accepted.labels,
    pauseReason: current.pause_reason,
    cursor,
  };
}

/** A secret of the job's own, made when it is first asked for; an existing one is kept and not shown again. */
async function secretFor(context: CommandContext, current: JobRow, accepted: AcceptedJob): Promise<string | undefined> {
  if (!signsWithOwnSecret(accepted.definition.target)) return undefined;
  const secret = newSigningSecret();
  const added = await addSecret(context.db, context.cipher, context.tenantId, jobSigningSecret(current.job_id), secret);
  return added ? secret : undefined;
}
