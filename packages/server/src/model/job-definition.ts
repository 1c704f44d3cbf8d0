import {
  type CreateJobBody,
  type Fault,
  type OverlapPolicy,
  PunctualError,
  type RetryBody,
  type Target,
  type UpdateJobBody,
  type UpsertJobBody,
} from "@punctual/contract";
import { formatDuration, parseDuration } from "@punctual/schedule";
import { acceptPayload } from "./job-payload.ts";
import {
  asFault,
  firstLook,
  type JobSchedule,
  namesKind,
  planSchedule,
  resolveSchedule,
  type SchedulePlan,
  scheduleKeys,
} from "./job-schedule.ts";
import { requireQueueForKey } from "./placement.ts";
import type { RetryPolicy } from "./retry.ts";
import { retryPolicyOf } from "./retry-policy.ts";
import { timeoutsOf } from "./timeouts.ts";

/** Defaults of a job's policies; the reference quotes them. */
export const jobDefaults = {
  misfireWindowMs: 600_000,
  misfirePolicy: "latest",
  priority: 4,
  overlap: "allow",
} as const;
const hourMs = 3_600_000;
const timeoutLeastMs = 1_000;
const startTimeoutMostMs = 30 * 24 * hourMs;
const misfireWindowMostMs = 30 * 24 * 3_600_000;

/**
 * A job as it is stored: what its author said, with relative times resolved, defaults not filled in and fields in one order, so that equal definitions are
 * equal texts however they were written. `name`, `labels` and `payload` are columns of their own.
 */
export type JobDefinition = JobSchedule & {
  target: Target;
  retry?: RetryBody;
  timeout?: string;
  misfire?: { window?: string; policy?: "latest" | "all" | "skip" };
  maxRuns?: number;
  priority?: number;
  queue?: string;
  concurrencyKey?: string;
  overlap?: OverlapPolicy;
  startTimeout?: string;
  pauseAfterDeadRuns?: number;
};

/** What the engine needs to carry a job out: parsed once a revision. */
export type JobPlan = SchedulePlan & {
  target: Target;
  retry: RetryPolicy;
  timeoutMs: number;
  misfire: { windowMs: number; policy: "latest" | "all" | "skip" };
  maxRuns: number | null;
  priority: number;
  queue?: string;
  concurrencyKey?: string;
  overlap: OverlapPolicy;
  /** How long after its nominal time a run may begin; null for no such bound. */
  startTimeoutMs: number | null;
  pauseAfterDeadRuns: number | null;
};

export type AcceptedJob = {
  name: string | null;
  definition: JobDefinition;
  plan: JobPlan;
  /** JSON text, or null for none. */
  payload: string | null;
  labels: Record<string, string>;
};

/**
 * Judges a job that fits the schema, and puts it into the form that is stored. `delay` becomes `runAt`, an interval without an anchor is anchored at
 * `nowMs`.
 *
 * @param jobId what `H`, spread and jitter are derived from
 * @param checkTarget the target's own rules, from its guest
 * @param options.mayBeOver whether a schedule without an occurrence after now is fine, as it is for a job that is being changed
 * @throws PunctualError with the field at fault
 */
export function acceptJob(
  jobId: string,
  body: CreateJobBody | (UpsertJobBody & { name?: string }),
  nowMs: number,
  checkTarget: (target: Target) => readonly Fault[],
  options: { mayBeOver?: boolean } = {},
): AcceptedJob {
  const schedule = resolveSchedule(body, nowMs);
  const schedulePlan = planSchedule(schedule, jobId);
  // Not by a spread: V8 gives each object it makes by one a hidden class of its own, by which every look for a field that is missing took 0.1 us.
  const definition: JobDefinition = Object.assign(schedule, { target: inOrder(body.target) });
  // One after the other, as their order is that of the text; each by itself, as a spread of what may be missing is dear.
  if (body.retry !== undefined && Object.keys(body.retry).length > 0) definition.retry = inOrder(body.retry);
  if (body.timeout !== undefined) definition.timeout = body.timeout;
  if (body.misfire !== undefined) definition.misfire = inOrder(body.misfire);
  if (body.maxRuns !== undefined) definition.maxRuns = body.maxRuns;
  if (body.priority !== undefined) definition.priority = body.priority;
  acceptQueue(body, definition);
  if (body.overlap !== undefined) definition.overlap = body.overlap;
  if (body.startTimeout !== undefined) definition.startTimeout = body.startTimeout;
  if (body.pauseAfterDeadRuns !== undefined) definition.pauseAfterDeadRuns = body.pauseAfterDeadRuns;
  const faults = checkTarget(body.target);
  if (faults.length > 0) throw new PunctualError("target_invalid", faults[0]?.message ?? "The target cannot be called.", { faults });
  const plan = planWith(definition, schedulePlan);
  if (!options.mayBeOver && plan.schedule.next(firstLook(definition, nowMs)) === null) throw overBeforeItBegan(definition);
  return { name: body.name ?? null, definition, plan, payload: acceptPayload(body.payload), labels: body.labels ?? {} };
}

/** A worker's queue is named once, in its target; a concurrency key counts inside a queue only. */
function acceptQueue({ target, queue, concurrencyKey }: CreateJobBody | UpsertJobBody, definition: JobDefinition): void {
  if (target.type === "worker" && queue !== undefined && queue !== target.queue) {
    const message = `queue is ${queue}, and the worker's queue is ${target.queue}.`;
    throw new PunctualError("request_invalid", message, {
      faults: [{ pointer: "/queue", message, remedy: "Leave queue out; target.queue names it." }],
    });
  }
  requireQueueForKey({ target, ...(queue !== undefined && { queue }), ...(concurrencyKey !== undefined && { concurrencyKey }) });
  if (target.type !== "worker" && queue !== undefined) definition.queue = queue;
  if (concurrencyKey !== undefined) definition.concurrencyKey = concurrencyKey;
}

/** Whether a target's requests are signed with a secret of their job's own. */
export function signsWithOwnSecret(target: Target): boolean {
  return target.type === "http" && target.signing === "own";
}

/**
 * The body that `patch` makes of a stored job: given fields replace, null removes, and naming any schedule field replaces the whole schedule (a cron job
 * given `every` must not keep its cron).
 */
export function mergeJob(
  current: { definition: JobDefinition; name: string | null; labels: Record<string, string>; payload: string | null },
  patch: UpdateJobBody,
): CreateJobBody {
  const kept = namesKind(patch) ? omit(current.definition, scheduleKeys) : current.definition;
  const merged: Record<string, unknown> = { ...kept, labels: current.labels };
  if (current.name !== null) merged.name = current.name;
  if (current.payload !== null) merged.payload = JSON.parse(current.payload);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = value;
  }
  return merged as CreateJobBody;
}

/** Parses a stored definition. A definition that was accepted parses for ever; a failure is a defect. */
export function planOf(definition: JobDefinition, jobId: string): JobPlan {
  return planWith(definition, planSchedule(definition, jobId));
}

/** The same with a schedule that was parsed before. */
export function planWith(definition: JobDefinition, schedulePlan: SchedulePlan): JobPlan {
  const timeout = timeoutsOf(definition.target);
  const { schedule, dueAt, afterCompletionMs } = schedulePlan;
  // Field by field: spreads, which V8 carries out by a slow path, took a tenth of the time of a job created in bulk.
  const plan: JobPlan = {
    schedule,
    dueAt,
    afterCompletionMs,
    target: definition.target,
    retry: retryPolicyOf(definition.retry),
    timeoutMs: durationWithin("timeout", definition.timeout, timeout.defaultMs, timeoutLeastMs, timeout.mostMs),
    misfire: {
      windowMs: durationWithin("misfire/window", definition.misfire?.window, jobDefaults.misfireWindowMs, 1, misfireWindowMostMs),
      policy: definition.misfire?.policy ?? jobDefaults.misfirePolicy,
    },
    maxRuns: definition.maxRuns ?? null,
    priority: definition.priority ?? jobDefaults.priority,
    overlap: definition.overlap ?? jobDefaults.overlap,
    startTimeoutMs:
      definition.startTimeout === undefined ? null : durationWithin("startTimeout", definition.startTimeout, 0, 1_000, startTimeoutMostMs),
    pauseAfterDeadRuns: definition.pauseAfterDeadRuns ?? null,
  };
  if (definition.queue !== undefined) plan.queue = definition.queue;
  if (definition.concurrencyKey !== undefined) plan.concurrencyKey = definition.concurrencyKey;
  return plan;
}

/**
 * A duration of a field, in ms.
 *
 * @param field its place in the body, such as `misfire/window`
 * @throws PunctualError duration_invalid, also outside of what is allowed
 */
export function durationWithin(field: string, text: string | undefined, defaultMs: number, leastMs: number, mostMs: number): number {
  if (text === undefined) return defaultMs;
  const ms = asFault(() => parseDuration(text), `/${field}`);
  if (ms >= leastMs && ms <= mostMs) return ms;
  const expected = `${formatDuration(leastMs)} to ${formatDuration(mostMs)}`;
  const message = `${field} is ${text}; expected ${expected}.`;
  throw new PunctualError("duration_invalid", message, { faults: [{ pointer: `/${field}`, message, found: text, expected }] });
}

function overBeforeItBegan(definition: JobDefinition): PunctualError {
  const pointer = definition.endAt === undefined ? "/cron" : "/endAt";
  return new PunctualError("schedule_never_fires", "The schedule has no occurrence after now.", {
    faults: [{ pointer, message: "no occurrence after now" }],
  });
}

/** The same value, the fields of its objects sorted by name; a flat one that is in order, as most are, is itself. */
function inOrder<T>(value: T): T {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isInOrder(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => [key, inOrder(field)]),
  ) as T;
}

function isInOrder(value: object): boolean {
  let last = "";
  for (const key of Object.keys(value)) {
    const field = (value as { [name: string]: unknown })[key];
    if (key < last || (typeof field === "object" && field !== null)) return false;
    last = key;
  }
  return true;
}

function omit<T extends object>(object: T, keys: readonly string[]): Partial<T> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key))) as Partial<T>;
}
