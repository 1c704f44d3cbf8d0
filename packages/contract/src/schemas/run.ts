import { Type } from "typebox";
import { limits } from "../limits.ts";
import { Cursor, Instant, LabelFilter, Nullable, Page, PageLimit, QueueName, Uuid } from "./common.ts";

/** States of a run, in the order of its life; the last four are ends. The transition table in the server's model is checked against this list. */
export const runStates = ["ready", "running", "waiting", "succeeded", "dead", "cancelled", "skipped"] as const;
export type RunState = (typeof runStates)[number];
export const terminalRunStates = ["succeeded", "dead", "cancelled", "skipped"] as const;
export type TerminalRunState = (typeof terminalRunStates)[number];

export const RunStatus = Type.Enum([...runStates], {
  description:
    "ready: due, waits for a free slot; running: an attempt is under way; waiting: for its retry; succeeded; dead: attempts used up; cancelled; skipped: did not run, see reason",
});

export const runKinds = ["scheduled", "manual", "backfill"] as const;
export type RunKind = (typeof runKinds)[number];

/** Why a waiting run waits, when it is not for its retry. */
export const holdReasons = ["breaker", "overlap", "retry_budget"] as const;
export type HoldReason = (typeof holdReasons)[number];

export const attemptOutcomes = ["succeeded", "failed", "lost", "cancelled"] as const;

/** Why an attempt failed. Closed: a new class is a new line here, in the documents and in the retry policy. */
export const failureClasses = [
  "timeout",
  "connection_refused",
  "connection_reset",
  "dns",
  "tls",
  "http_status",
  "redirect",
  "response_invalid",
  "cancelled",
  "lost",
  "internal",
  "worker_error",
] as const;
export type FailureClass = (typeof failureClasses)[number];

/** What may come after a failed attempt, and why. Closed, as failureClasses. */
export const nextReasons = ["backoff", "retry_after", "attempts_used_up", "not_retryable", "refused", "gone", "deadline"] as const;
export type NextReason = (typeof nextReasons)[number];

export const Attempt = Type.Object(
  {
    attempt: Type.Integer({ minimum: 1 }),
    outcome: Type.Enum([...attemptOutcomes], {
      description: "lost: its node died or was cut off, so nobody knows whether the target acted",
    }),
    startedAt: Instant,
    durationMs: Type.Integer({ minimum: 0 }),
    failureClass: Nullable(Type.Enum([...failureClasses])),
    statusCode: Nullable(Type.Integer()),
    error: Nullable(Type.String()),
    output: Nullable(Type.String({ description: "What the target answered, up to 16 KiB" })),
    outputTruncated: Type.Boolean(),
    nodeId: Nullable(Type.Integer()),
    nextAttemptAt: Nullable(Type.String({ ...Instant, description: "When the next attempt was set to begin; null when none was" })),
    nextBecause: Nullable(
      Type.Enum([...nextReasons], {
        description:
          "Of a failed attempt, why the next one comes when it does (backoff, or what Retry-After asked for), or why none comes: attempts_used_up; not_retryable by retryOn; refused by Punctual-No-Retry; gone: 410, which also pauses the job; deadline: it would begin too late",
      }),
    ),
    mayHaveBeenSeen: Nullable(
      Type.Boolean({ description: "Whether the target may have seen it. false: it is certain that nothing was sent; null: not recorded" }),
    ),
    worker: Nullable(Type.String({ description: "The worker that made it, as it names itself" })),
    /** True when the result came after the run was taken from its node; it changed nothing. */
    late: Type.Boolean(),
  },
  { title: "Attempt", additionalProperties: false },
);

const runFields = {
  runId: Uuid,
  jobId: Uuid,
  revision: Type.Integer({ description: "The job's revision that this run carries out" }),
  status: RunStatus,
  kind: Type.Enum([...runKinds]),
  nominalAt: Type.String({ ...Instant, description: "The occurrence's time; for a manual run, the time it was asked for" }),
  nextAttemptAt: Nullable(Instant),
  attempt: Type.Integer({ minimum: 0, description: "The attempt under way or last made" }),
  startedAt: Nullable(Type.String({ ...Instant, description: "When the first attempt began" })),
  finishedAt: Nullable(Instant),
  lagMs: Nullable(Type.Integer({ description: "From the nominal time to the first attempt's start" })),
  held: Nullable(
    Type.Enum([...holdReasons], {
      description:
        "Why it waits, when it is not for its retry. breaker: its target is down; overlap: for the end of the job's run before it; retry_budget: its target has had its share of retries",
    }),
  ),
  queue: Nullable(Type.String({ description: "The queue it was fired into" })),
  worker: Nullable(Type.String({ description: "The worker that holds it, as it names itself" })),
  leaseUntil: Nullable(
    Type.String({ ...Instant, description: "Until when its worker holds it without a beat, or an accepted webhook may be completed" }),
  ),
  progress: Nullable(
    Type.Object(
      { percent: Nullable(Type.Integer({ minimum: 0, maximum: 100 })), message: Nullable(Type.String()) },
      { title: "Progress", additionalProperties: false, description: "Of the attempt under way, as its worker tells it" },
    ),
  ),
  reason: Nullable(Type.String({ description: "Why it was skipped or cancelled, or why it is dead" })),
  endedBy: Nullable(Type.String({ description: "Who ended it, or asked for its end, when a person did", examples: ["key ops (k3v9q2)"] })),
  rerunOf: Nullable(Type.String({ ...Uuid, description: "The run that this one repeats" })),
  failureClass: Nullable(Type.Enum([...failureClasses], { description: "Why its last attempt failed; null when it has not" })),
  statusCode: Nullable(Type.Integer({ description: "What its last attempt was answered" })),
};

export const Run = Type.Object(runFields, { title: "Run", additionalProperties: false });
export const RunWithAttempts = Type.Object(
  {
    ...runFields,
    targetMayHaveSeen: Nullable(
      Type.Boolean({
        description:
          "Whether anything of it may have reached the target. false: it is certain that nothing did; null: an attempt is under way, or not all is recorded",
      }),
    ),
    attempts: Type.Array(Attempt),
  },
  { title: "RunWithAttempts", additionalProperties: false },
);
export const Cancel = Type.Object(
  { reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500, pattern: "^[^\\p{C}]*$", description: "Kept with the run" })) },
  { title: "Cancel", additionalProperties: false },
);

export const RunPage = Type.Object(
  {
    items: Type.Array(Run),
    nextCursor: Nullable(Type.String()),
    searchedTo: Nullable(
      Type.String({
        ...Instant,
        description:
          "Set when the search took a rest before the page was full, so that no question is slow: it has looked back to this nominal time, and goes on with nextCursor",
      }),
    ),
  },
  { title: "RunPage", additionalProperties: false },
);

export const ListRunsQuery = Type.Object(
  {
    jobId: Type.Optional(Uuid),
    label: Type.Optional(LabelFilter),
    status: Type.Optional(Type.Array(RunStatus, { minItems: 1, maxItems: runStates.length, description: "Repeat it for any of several" })),
    kind: Type.Optional(Type.Enum([...runKinds])),
    failureClass: Type.Optional(
      Type.Array(Type.Enum([...failureClasses]), {
        minItems: 1,
        maxItems: failureClasses.length,
        description: "Why the last attempt failed; repeat it for any of several",
      }),
    ),
    statusCode: Type.Optional(
      Type.Array(Type.String({ pattern: "^[1-5]([0-9]{2}|xx)$" }), {
        minItems: 1,
        maxItems: 20,
        description: "What the last attempt was answered: 503, or 5xx; repeat it for any of several",
        examples: [["5xx"]],
      }),
    ),
    target: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: limits.urlChars,
        description: "The origin that was called, as any URL of it, or worker:QUEUE",
        examples: ["https://example.com"],
      }),
    ),
    queue: Type.Optional(QueueName),
    text: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: "In the output or the error of an attempt, whatever the case of its letters",
      }),
    ),
    from: Type.Optional(Type.String({ description: "Nominal time at or after" })),
    to: Type.Optional(Type.String({ description: "Nominal time before" })),
    limit: Type.Optional(PageLimit),
    cursor: Type.Optional(Cursor),
  },
  { additionalProperties: false },
);

export const Occurrence = Type.Object(
  {
    nominalAt: Instant,
    status: Type.Enum(["scheduled", ...runStates], { description: "scheduled: still to come; otherwise the status of its run" }),
    runId: Nullable(Uuid),
    reason: Nullable(Type.String()),
  },
  { title: "Occurrence", additionalProperties: false },
);

export const OccurrencePage = Page("OccurrencePage", Occurrence);

export const ListOccurrencesQuery = Type.Object(
  {
    from: Type.Optional(Type.String({ description: "Default: now. Earlier times list what was recorded" })),
    to: Type.Optional(Type.String({ description: "Default: no end" })),
    limit: Type.Optional(PageLimit),
    cursor: Type.Optional(Cursor),
  },
  { additionalProperties: false },
);
