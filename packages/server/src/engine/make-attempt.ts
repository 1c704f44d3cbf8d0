import { randomBytes } from "node:crypto";
import { PunctualError, type Target as TargetSpec } from "@punctual/contract";
import { formatDuration } from "@punctual/schedule";
import { attemptLimitMs } from "../model/retry.ts";
import { wireBody } from "../model/wire-body.ts";
import type { AttemptFailure, AttemptOutcome, AttemptRequest, Target } from "../targets/port.ts";
import type { HeldRun } from "./held-run.ts";
import type { CachedPlan } from "./plan-cache.ts";

/** What a target made of an attempt, and whether the run's deadline stopped it before its own time limit. */
export type MadeAttempt = AttemptOutcome & { atDeadline?: boolean };

/** What every attempt needs. */
export type AttemptParts = {
  targets: ReadonlyMap<string, Target<TargetSpec>>;
  secretsOf: (tenantId: number, jobId: string, target: TargetSpec) => Promise<readonly string[]>;
};

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
  signal: AbortSignal,
): Promise<MadeAttempt> {
  const { plan } = cached;
  const limitMs = Math.ceil(attemptLimitMs(plan, nowMs - (run.deadlineFromMs ?? nowMs)));
  const deadline = `the run's deadline, ${formatDuration(plan.retry.deadlineMs ?? 0)} after it began,`;
  if (limitMs <= 0) return { ...notSent("timeout", `${deadline} had passed before this attempt could begin`), atDeadline: true };
  const outcome = await send(parts, run, cached, limitMs, signal);
  const isCut = !outcome.ok && outcome.failureClass === "timeout" && limitMs < plan.timeoutMs;
  return isCut ? { ...outcome, message: `${deadline} came; ${outcome.message}`, atDeadline: true } : outcome;
}

async function send(
  parts: AttemptParts,
  run: HeldRun,
  cached: CachedPlan,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const spec = cached.plan.target;
  const target = parts.targets.get(spec.type);
  try {
    if (!target) throw new PunctualError("internal", `This node has no target of type ${spec.type}.`);
    const signingSecrets = await parts.secretsOf(cached.tenantId, run.jobId, spec);
    return await target.attempt(requestOf(run, cached, signingSecrets, timeoutMs), signal);
  } catch (error) {
    return notSent("internal", error instanceof PunctualError ? error.message : "The attempt could not be prepared.");
  }
}

function notSent(failureClass: "internal" | "timeout", message: string): AttemptFailure {
  const nothing = { statusCode: null, output: null, outputTruncated: false, retryAfterMs: null, retryForbidden: false };
  return { ok: false, failureClass, message, mayHaveBeenSeen: false, ...nothing };
}

function requestOf(run: HeldRun, cached: CachedPlan, signingSecrets: readonly string[], timeoutMs: number): AttemptRequest<TargetSpec> {
  return {
    target: cached.plan.target,
    runId: run.runId,
    jobId: run.jobId,
    jobName: cached.name,
    tenantId: cached.tenantId,
    attempt: run.attempt,
    nominalAt: run.nominalMs,
    ...wireBody(run.payload ?? cached.payload),
    signingSecrets,
    timeoutMs,
    // One trace a run, one span an attempt.
    traceparent: `00-${run.runId.replaceAll("-", "")}-${randomBytes(8).toString("hex")}-01`,
    idempotencyKey: run.runId,
  };
}
