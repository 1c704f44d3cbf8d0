import { type Static, Type } from "typebox";
import { limits } from "../limits.ts";
import { Cursor, Duration, Instant, JobName, Labels, Nullable, Page, PageLimit, Uuid } from "./common.ts";
import { failureClasses } from "./run.ts";
import { MisfirePolicy, scheduleFields } from "./schedule.ts";
import { Target, targetTypes } from "./target.ts";

export const jobStatuses = ["active", "paused", "completed"] as const;
export const JobStatus = Type.Enum([...jobStatuses], {
  description: "active: has a next occurrence; paused: fires nothing; completed: its schedule is over",
});

export const backoffKinds = ["exponential", "linear", "fixed"] as const;
/** Failures that may be retried by their class. http_status is judged by its code; cancelled was somebody's wish. */
export const retryableClasses = failureClasses.filter((name) => name !== "http_status" && name !== "cancelled");
export type RetryableClass = Exclude<(typeof failureClasses)[number], "http_status" | "cancelled">;

const Delay = Type.String({ minLength: 1, maxLength: 64, examples: ["30s"] });
const retryOnFields = {
  classes: Type.Array(Type.Unsafe<RetryableClass>(Type.Enum([...retryableClasses])), {
    maxItems: retryableClasses.length,
    description: "Classes of failure that are retried. Default: timeout, connection_refused, connection_reset, dns, tls, lost, internal",
  }),
  statusCodes: Type.Array(Type.Union([Type.Integer({ minimum: 400, maximum: 599 }), Type.Enum(["4xx", "5xx"])]), {
    maxItems: 200,
    description: "Status codes that are retried, single or as 4xx and 5xx. Default: 408, 425, 429, 5xx. 410 only when it is listed itself",
  }),
};
export const RetryOn = Type.Object(
  { classes: Type.Optional(retryOnFields.classes), statusCodes: Type.Optional(retryOnFields.statusCodes) },
  { title: "RetryOn", additionalProperties: false, description: "Which failures are retried; an empty list retries none of its kind" },
);

export const Retry = Type.Object(
  {
    attempts: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        default: 6,
        description:
          "Tries in all. 1 never retries; 100 with the default backoff goes on for days. Default with a list of delays: one more than those",
      }),
    ),
    backoff: Type.Optional(
      Type.Union([Type.Enum([...backoffKinds]), Type.Array(Delay, { minItems: 1, maxItems: 99 })], {
        default: "exponential",
        description:
          "How the ceiling of the delay grows: exponential (baseDelay, times factor each time), linear (baseDelay more each time), fixed (baseDelay), or a list of delays, the last of which goes on",
      }),
    ),
    baseDelay: Type.Optional(Type.String({ ...Delay, default: "5s", description: "1s to 24h; not with a list" })),
    factor: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 10,
        default: 3,
        description: "With exponential only. 1 keeps the delay; 10 is at maxDelay after a few failures",
      }),
    ),
    maxDelay: Type.Optional(
      Type.String({ ...Delay, default: "1h", description: "No longer ceiling. 1s to 24h; exponential and linear only" }),
    ),
    jitter: Type.Optional(
      Type.Enum(["full", "none"], {
        default: "full",
        description:
          "full: anywhere between 1s and the ceiling, so that jobs that failed together do not come back together; none: exactly the ceiling. Default with a list: none",
      }),
    ),
    deadline: Type.Optional(
      Type.String({
        ...Delay,
        description:
          "No attempt begins later than this after the first began. 1s hardly ever retries; at most 720h. Default: attempts alone decide",
      }),
    ),
    retryOn: Type.Optional(RetryOn),
  },
  { title: "Retry", additionalProperties: false },
);

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
    Type.String({ ...Duration, description: "For one attempt, from connect to the last byte. 1s to 1h, default 30s" }),
  ),
  misfire: Type.Optional(MisfirePolicy),
  maxRuns: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "The schedule ends after this many occurrences" }),
  ),
  priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 9, default: 4, description: "Higher starts first among runs that wait" })),
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
    retry: Type.Object({
      attempts: Type.Integer(),
      backoff: Type.Union([Type.Enum([...backoffKinds]), Type.Array(Type.String())]),
      baseDelay: Type.Optional(Type.String()),
      factor: Type.Optional(Type.Number()),
      maxDelay: Type.Optional(Type.String()),
      jitter: Type.Enum(["full", "none"]),
      deadline: Type.Optional(Type.String()),
      retryOn: Type.Object(retryOnFields),
    }),
    timeout: Type.String(),
    misfire: Type.Object({ window: Type.String(), policy: Type.String() }),
    maxRuns: Type.Optional(Type.Integer()),
    priority: Type.Integer(),
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
    label: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 320 }), {
        maxItems: 8,
        description: "key=value, or a bare key; repeat it, all must match",
      }),
    ),
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
    idempotencyKey: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  },
  { title: "TriggerJob", additionalProperties: false },
);

export const CancelledRuns = Type.Object(
  {
    cancelled: Type.Integer({ description: "Runs that waited and are cancelled now" }),
    cancelling: Type.Integer({ description: "Runs under way, whose node was asked to stop them" }),
  },
  { title: "CancelledRuns", additionalProperties: false },
);
