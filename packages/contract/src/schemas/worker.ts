import { Type } from "typebox";
import { limits } from "../limits.ts";
import { Duration, Instant, Nullable, QueueName, Uuid } from "./common.ts";
import { Problem } from "./problem.ts";
import { runStates } from "./run.ts";

const WorkerName = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: "^[^\\p{C}]*$",
  description: "What people see beside its runs; need not be unique",
  examples: ["reports@host-7"],
});
const LeaseToken = Type.String({
  minLength: 1,
  maxLength: 200,
  description: "As the lease gave it; opaque, and worth nothing for another run",
});
const Percent = Type.Integer({ minimum: 0, maximum: 100 });
const ProgressMessage = Type.String({ maxLength: 500, pattern: "^[^\\p{C}]*$" });
export const logLevels = ["debug", "info", "warn", "error"] as const;

export const LogLine = Type.Object(
  {
    at: Type.Optional(Type.String({ ...Instant, description: "When it was written, by the worker's clock. Default: not told" })),
    level: Type.Optional(Type.Enum([...logLevels], { default: "info" })),
    message: Type.String({
      description: `Cut after ${limits.logLineBytes / 1024} KiB; control characters but tab and newline are made visible`,
    }),
  },
  { title: "LogLine", additionalProperties: false },
);
const Logs = Type.Array(LogLine, {
  maxItems: limits.logLinesAtOnce,
  description: `A run keeps ${limits.logLines} lines or ${limits.logBytes / 1024 / 1024} MiB; then one line says that the rest was dropped`,
});

export const LeaseRequest = Type.Object(
  {
    worker: WorkerName,
    queues: Type.Array(QueueName, { minItems: 1, maxItems: 20, uniqueItems: true, description: "Earlier ones are emptied first" }),
    batch: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.workerBatch, default: 1, description: "At most this many runs" })),
    wait: Type.Optional(
      Type.String({
        ...Duration,
        default: "20s",
        description: "How long to wait when there is none. 0s answers at once; at most 30s",
        examples: ["20s"],
      }),
    ),
    lease: Type.Optional(
      Type.String({
        ...Duration,
        default: "30s",
        description:
          "How long a run is the worker's without a beat. At 5s a pause of the worker loses its runs; at 10m those of a worker that died wait as long",
        examples: ["30s"],
      }),
    ),
  },
  { title: "LeaseRequest", additionalProperties: false },
);

export const LeasedRun = Type.Object(
  {
    runId: Uuid,
    leaseToken: LeaseToken,
    jobId: Uuid,
    jobName: Nullable(Type.String()),
    queue: Type.String(),
    attempt: Type.Integer({ minimum: 1 }),
    nominalAt: Instant,
    payload: Type.Unknown({ description: "The job's, or the trigger's; null for none" }),
    leaseUntil: Type.String({ ...Instant, description: "When it is lost without a beat, by the database's clock" }),
    endsAt: Type.String({ ...Instant, description: "Its maximum run time, however often the worker beats: the job's timeout" }),
    heartbeatEvery: Type.String({ ...Duration, description: "A third of the lease: two beats may be lost" }),
    idempotencyKey: Type.String({ description: "The run's id, the same for every attempt: remember it to make the effect once" }),
    traceparent: Type.String({ description: "W3C trace context of this attempt" }),
  },
  { title: "LeasedRun", additionalProperties: false },
);

export const Leases = Type.Object({ leases: Type.Array(LeasedRun) }, { title: "Leases", additionalProperties: false });

export const HeartbeatRequest = Type.Object(
  {
    worker: WorkerName,
    runs: Type.Array(
      Type.Object(
        {
          runId: Uuid,
          leaseToken: LeaseToken,
          progress: Type.Optional(Percent),
          message: Type.Optional(ProgressMessage),
          logs: Type.Optional(Logs),
        },
        { title: "Heartbeat", additionalProperties: false },
      ),
      { minItems: 1, maxItems: limits.workerBatch },
    ),
  },
  { title: "HeartbeatRequest", additionalProperties: false },
);

export const heartbeatStatuses = ["extended", "cancel", "lost"] as const;
export const HeartbeatResult = Type.Object(
  {
    /** One for each of the request, in its order. */
    runs: Type.Array(
      Type.Object(
        {
          runId: Uuid,
          status: Type.Enum([...heartbeatStatuses], {
            description:
              "extended; cancel: still the worker's, and its end was asked for: stop, and complete it as cancelled; lost: not the worker's any more: stop, its result would change nothing",
          }),
          leaseUntil: Nullable(Instant),
          reason: Nullable(Type.String({ description: "Of a cancellation" })),
        },
        { title: "Heartbeaten", additionalProperties: false },
      ),
    ),
  },
  { title: "HeartbeatResult", additionalProperties: false },
);

/** How a run came out, as whoever did it tells. */
const resultFields = {
  output: Type.Optional(Type.String({ description: `Kept with the attempt, up to ${limits.outputBytes / 1024} KiB` })),
  error: Type.Optional(Type.String({ description: "What went wrong, for people" })),
  retryable: Type.Optional(
    Type.Boolean({ default: true, description: "Of a failure: false makes the run dead at once, whatever attempts are left" }),
  ),
  retryAfter: Type.Optional(
    Type.String({ ...Duration, description: "Of a failure: no next attempt sooner than this; at most a day counts" }),
  ),
};
export const workerOutcomes = ["succeeded", "failed", "cancelled"] as const;

export const CompleteRequest = Type.Object(
  {
    worker: WorkerName,
    results: Type.Array(
      Type.Object(
        {
          runId: Uuid,
          leaseToken: LeaseToken,
          outcome: Type.Enum([...workerOutcomes], { description: "cancelled: given up because its end was asked for" }),
          ...resultFields,
          logs: Type.Optional(Logs),
        },
        { title: "WorkerResult", additionalProperties: false },
      ),
      { minItems: 1, maxItems: limits.workerBatch },
    ),
  },
  { title: "CompleteRequest", additionalProperties: false },
);

export const RunStatusNow = Type.Enum([...runStates], { description: "waiting: another attempt follows" });
export const CompleteResult = Type.Object(
  {
    /** One for each of the request, in its order. */
    results: Type.Array(
      Type.Object(
        {
          runId: Uuid,
          status: Type.Integer({ description: "200, or the status of the problem" }),
          run: Type.Optional(RunStatusNow),
          problem: Type.Optional(Problem),
        },
        { title: "CompletedItem", additionalProperties: false },
      ),
    ),
  },
  { title: "CompleteResult", additionalProperties: false },
);

export const CompleteRun = Type.Object(
  {
    outcome: Type.Optional(
      Type.Enum(["succeeded", "failed"], { description: "Without one, only the progress is told, and the run goes on" }),
    ),
    ...resultFields,
    progress: Type.Optional(Percent),
    message: Type.Optional(ProgressMessage),
  },
  { title: "CompleteRun", additionalProperties: false },
);
export const CompletedRun = Type.Object(
  { runId: Uuid, status: RunStatusNow, cancelRequested: Type.Boolean({ description: "Somebody asked for its end" }) },
  { title: "CompletedRun", additionalProperties: false },
);
