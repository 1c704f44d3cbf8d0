import { randomFillSync } from "node:crypto";
import { PunctualError, type Target as TargetSpec } from "@punctual/contract";
import { formatDuration } from "@punctual/schedule";
import { attemptLimitMs } from "../model/retry.ts";
import { acceptMostMs, completesLater } from "../model/timeouts.ts";
import { wireBody } from "../model/wire-body.ts";
import type { AttemptFailure, AttemptOutcome, AttemptRequest, CancelSignal, Target } from "../targets/port.ts";
import type { OfferCompletion } from "./completion-offer.ts";
import type { HeldRun } from "./held-run.ts";
import type { CachedPlan } from "./plan-cache.ts";

/** What a target made of an attempt, how long that might have taken from its beginning, and whether the run's deadline stopped it before its own time limit. */
export type MadeAttempt = { outcome: AttemptOutcome & { atDeadline?: true }; limitMs: number };

/** What every attempt needs. */
export type AttemptParts = {
  targets: ReadonlyMap<string, Target<TargetSpec>>;
  /** At once when they are known. */
  secretsOf: (tenantId: number, jobId: string, target: TargetSpec) => readonly string[] | Promise<readonly string[]>;
  offerCompletion: OfferCompletion;
  /** Whether this node still holds what that holder held: its lease may end during any wait. */
  mayBegin: (holder: number) => boolean;
};

/** How long the request may take, and until when, by the node's clock, the attempt may be completed if the target only accepts it. */
type Limits = { requestMs: number; endsMs: number };

/**
 * Makes a run's attempt, within the job's timeout and the run's deadline. Once the deadline has passed nothing is sent: the run waited for its turn for too
 * long. Never rejects: what cannot even be sent is a failed attempt like any other.
 *
 * @param nowMs the database's time, for the deadline
 */
export async function makeAttempt(
  parts: AttemptParts,
  run: HeldRun,
  cached: CachedPlan,
  nowMs: number,
  signal: CancelSignal,
): Promise<MadeAttempt> {
  const { plan } = cached;
  const limitMs = Math.ceil(attemptLimitMs(plan, nowMs - (run.deadlineFromMs ?? nowMs)));
  if (limitMs <= 0) {
    const message = `${deadlineOf(plan)} had passed before this attempt could begin`;
    return { outcome: { ...notSent("timeout", message), atDeadline: true }, limitMs };
  }
  const requestMs = completesLater(plan.target) ? Math.min(limitMs, acceptMostMs) : limitMs;
  const outcome = await send(parts, run, cached, { requestMs, endsMs: nowMs + limitMs }, signal);
  const isCut = !outcome.ok && outcome.failureClass === "timeout" && limitMs < plan.timeoutMs && requestMs === limitMs;
  if (!isCut) return { outcome, limitMs };
  return { outcome: { ...outcome, message: `${deadlineOf(plan)} came; ${outcome.message}`, atDeadline: true }, limitMs };
}

function deadlineOf({ retry }: CachedPlan["plan"]): string {
  return `the run's deadline, ${formatDuration(retry.deadlineMs ?? 0)} after it began,`;
}

async function send(parts: AttemptParts, run: HeldRun, cached: CachedPlan, limits: Limits, signal: CancelSignal): Promise<AttemptOutcome> {
  const spec = cached.plan.target;
  const target = parts.targets.get(spec.type);
  try {
    if (!target) throw new PunctualError("internal", `This node has no target of type ${spec.type}.`);
    const secrets = parts.secretsOf(cached.tenantId, run.jobId, spec);
    const signingSecrets = secrets instanceof Promise ? await secrets : secrets;
    // Asked when it was begun, too; since then the database may have kept it waiting for longer than the lease.
    if (secrets instanceof Promise && !parts.mayBegin(run.holder))
      return notSent("lost", "The node's lease ended before the request was sent.");
    const { tenantId } = cached;
    const completion = completesLater(spec)
      ? parts.offerCompletion({ tenantId, runId: run.runId, attempt: run.attempt, endsMs: limits.endsMs })
      : null;
    return await target.attempt(requestOf(run, cached, { signingSecrets, timeoutMs: limits.requestMs, completion }), signal);
  } catch (error) {
    return notSent("internal", error instanceof PunctualError ? error.message : "The attempt could not be prepared.");
  }
}

function notSent(failureClass: "internal" | "timeout" | "lost", message: string): AttemptFailure {
  const nothing = { statusCode: null, output: null, outputTruncated: false, retryAfterMs: null, retryForbidden: false };
  return { ok: false, failureClass, message, mayHaveBeenSeen: false, ...nothing };
}

function requestOf(
  run: HeldRun,
  cached: CachedPlan,
  { signingSecrets, timeoutMs, completion }: Pick<AttemptRequest<TargetSpec>, "signingSecrets" | "timeoutMs" | "completion">,
): AttemptRequest<TargetSpec> {
  return {
    target: cached.plan.target,
    runId: run.runId,
    jobId: run.jobId,
    jobName: cached.name,
    tenantId: cached.tenantId,
    attempt: run.attempt,
    nominalAt: run.nominalMs,
    ...wireBody(run.payload ?? cached.payload),
    // One trace a run, one span an attempt.
    traceparent: `00-${run.runId.replaceAll("-", "")}-${spanId()}-01`,
    idempotencyKey: run.runId,
    signingSecrets,
    timeoutMs,
    completion,
  };
}

const spanBytes = 8;
/** Random bytes for each span would be a system call each. */
const pool = Buffer.alloc(512 * spanBytes);
let used = pool.length;

function spanId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += spanBytes;
  return pool.toString("hex", used - spanBytes, used);
}
