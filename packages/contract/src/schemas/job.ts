import { type Static, Type } from "typebox";
import { limits } from "../limits.ts";
import { Cursor, Duration, Instant, JobName, LabelFilter, Labels, Nullable, Page, PageLimit, QueueName, Uuid } from "./common.ts";
import { Retry, RetryView } from "./retry.ts";
import { MisfirePolicy, scheduleFields } from "./schedule.ts";
import { Target, targetTypes } from "./target.ts";

export const jobStatuses = ["active", "paused", "completed"] as const;
export const JobStatus = Type.Enum([...jobStatuses], {
  description: "active: has a next occurrence; paused: fires nothing; completed: its schedule is over",
});

export const overlapPolicies = ["allow", "skip", "queue", "cancel_previous"] as const;

/** What a user says of a job, apart from its schedule. */
const policyFields = {
  target: Target,
  payload: Type.Optional(
    Type.Unknown({
      description: `Any JSON value, sent as the body; a string is sent as plain text. At most ${limits.payloadBytes / 1024} KiB`,
    }),
  ),
  retry: Type.Optional(Retry),
  timeout: Type.Optional(
    Type.String({
      ...Duration,
      description:
        "For one attempt, from connect to the last byte: 1s to 1h, default 30s. Of a worker's run, and of a webhook with completion callback, from the lease or the request to its completion: 1s to 168h, default 1h",
    }),
  ),
  misfire: Type.Optional(MisfirePolicy),
  maxRuns: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "The schedule ends after this many occurrences" }),
  ),
  priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 9, default: 4, description: "Higher starts first among runs that wait" })),
  queue: Type.Optional(
    Type.String({
      ...QueueName,
      description:
        "The queue whose limits its runs keep; fixed for the job's life, as the job is stored with its queue. A worker's queue is named in target",
    }),
  ),
  concurrencyKey: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: "Inside a queue: runs with the same key share the queue's limit for one key, such as one at a time for each customer",
      examples: ["customer-42"],
    }),
  ),
  overlap: Type.Optional(
    Type.Enum([...overlapPolicies], {
      default: "allow",
      description:
        "What an occurrence does while an earlier run of the job is live. allow: runs beside it; skip: is skipped; queue: waits for its end; cancel_previous: cancels it, and runs once it has ended",
    }),
  ),
  startTimeout: Type.Optional(
    Type.String({
      ...Duration,
      description:
        "A run that has not begun this long after its time is skipped. 1s skips whatever finds no slot at once; at most 720h. Default: it waits for as long as it takes",
    }),
  ),
  pauseAfterDeadRuns: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000,
      description: "Pause the job after this many dead runs in a row. 1 pauses at the first. Default: it goes on",
    }),
  ),
  labels: Type.Optional(Labels),
};

export const CreateJob = Type.Object(
  {
    name: Type.Optional(JobName),
    ...scheduleFields,
    ...policyFields,
    idempotencyKey: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: "As the Idempotency-Key header" })),
  },
  { title: "CreateJob", additionalProperties: false },
);

/** Each field of a job, or null. */
export type UpdateJobBody = {
  [K in keyof Omit<Static<typeof CreateJob>, "idempotencyKey">]?: Static<typeof CreateJob>[K] | null;
};

/**
 * Fields that are given replace those of the job; null removes one. A field that names the kind of schedule (cron, every, ...) replaces the whole schedule;
 * the others, such as timezone, change the one there is.
 */
export const UpdateJob = Type.Unsafe<UpdateJobBody>(
  Type.Object(
    {
      ...Object.fromEntries(
        Object.entries({ name: JobName, ...scheduleFields, ...policyFields }).map(([key, schema]) => [
          key,
          Type.Optional(Nullable(schema)),
        ]),
      ),
      target: Type.Optional(Target),
    },
    { title: "UpdateJob", additionalProperties: false },
  ),
);

/** By name, the name stands in the path. */
export const UpsertJob = Type.Object({ ...scheduleFields, ...policyFields }, { title: "UpsertJob", additionalProperties: false });

/** A delay is stored as the time it came to. */
const { delay, ...storedScheduleFields } = scheduleFields;

export const Job = Type.Object(
  {
    jobId: Uuid,
    name: Nullable(Type.String()),
    revision: Type.Integer({ minimum: 1 }),
    status: JobStatus,
    ...storedScheduleFields,
    target: Target,
    payload: Type.Optional(Type.Unknown({ description: "Left out in lists" })),
    retry: RetryView,
    timeout: Type.String(),
    misfire: Type.Object({ window: Type.String(), policy: Type.String() }),
    maxRuns: Type.Optional(Type.Integer()),
    priority: Type.Integer(),
    queue: Type.Optional(Type.String({ description: "Of a worker's job too" })),
    concurrencyKey: Type.Optional(Type.String()),
    overlap: Type.Enum([...overlapPolicies]),
    startTimeout: Type.Optional(Type.String()),
    pauseAfterDeadRuns: Type.Optional(Type.Integer()),
    labels: Type.Record(Type.String(), Type.String()),
    nextRunAt: Nullable(Instant),
    nextRunEffectiveAt: Nullable(Type.String({ ...Instant, description: "When it will start, with spread and jitter" })),
    pauseReason: Nullable(Type.String()),
    createdAt: Instant,
    updatedAt: Instant,
    signingSecret: Type.Optional(Type.String({ description: "Only in the answer that made it, with target.signing: own" })),
  },
  { title: "Job", additionalProperties: false },
);

export const JobPage = Page("JobPage", Job);

export const ListJobsQuery = Type.Object(
  {
    status: Type.Optional(JobStatus),
    label: Type.Optional(LabelFilter),
    namePrefix: Type.Optional(Type.String({ minLength: 1, maxLength: limits.nameChars })),
    targetType: Type.Optional(Type.Enum([...targetTypes])),
    nextRunFrom: Type.Optional(Type.String({ description: "Next occurrence at or after this time" })),
    nextRunTo: Type.Optional(Type.String({ description: "Next occurrence before this time" })),
    limit: Type.Optional(PageLimit),
    cursor: Type.Optional(Cursor),
  },
  { additionalProperties: false },
);

export const BulkJobs = Type.Object(
  {
    /** Each is judged on its own, as CreateJob, so that one bad job does not refuse its neighbours. */
    jobs: Type.Array(Type.Unknown(), { minItems: 1, maxItems: limits.bulkJobs }),
  },
  { title: "BulkJobs", additionalProperties: false },
);

export const PauseJob = Type.Object(
  { reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500, pattern: "^[^\\p{C}]*$" })) },
  { title: "PauseJob", additionalProperties: false },
);

export const TriggerJob = Type.Object(
  {
    payload: Type.Optional(Type.Unknown({ description: "Instead of the job's, for this run" })),
    priority: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 9, description: "Instead of the job's, for this run; a retry by hand has the job's again" }),
    ),
    concurrencyKey: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: "Instead of the job's, for this run and its retries; the job needs a queue",
      }),
    ),
    idempotencyKey: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  },
  { title: "TriggerJob", additionalProperties: false },
);

export const jobDeletions = ["finish", "cancel", "keep"] as const;

export const DeleteJobQuery = Type.Object(
  {
    runs: Type.Optional(
      Type.Enum([...jobDeletions], {
        default: "finish",
        description:
          "What becomes of its runs. finish: those that wait are cancelled, one under way goes on to its end, retries included; cancel: that one is stopped too; keep: those that wait run as well",
      }),
    ),
  },
  { additionalProperties: false },
);

export const CancelledRuns = Type.Object(
  {
    cancelled: Type.Integer({ description: "Runs that waited and are cancelled now" }),
    cancelling: Type.Integer({ description: "Runs under way, whose node was asked to stop them" }),
  },
  { title: "CancelledRuns", additionalProperties: false },
);
