import { Type } from "typebox";
import { failureClasses } from "./run.ts";

export const backoffKinds = ["exponential", "linear", "fixed"] as const;
/** Failures that may be retried by their class. http_status is judged by its code; cancelled was somebody's wish. */
export const retryableClasses = failureClasses.filter((name) => name !== "http_status" && name !== "cancelled");
export type RetryableClass = Exclude<(typeof failureClasses)[number], "http_status" | "cancelled">;

const Delay = Type.String({ minLength: 1, maxLength: 64, examples: ["30s"] });
const retryOnFields = {
  classes: Type.Array(Type.Unsafe<RetryableClass>(Type.Enum([...retryableClasses])), {
    maxItems: retryableClasses.length,
    description:
      "Classes of failure that are retried. Default: timeout, connection_refused, connection_reset, dns, tls, lost, internal, worker_error",
  }),
  statusCodes: Type.Array(Type.Union([Type.Integer({ minimum: 400, maximum: 599 }), Type.Enum(["4xx", "5xx"])]), {
    maxItems: 200,
    description: "Status codes that are retried, single or as 4xx and 5xx. Default: 408, 425, 429, 5xx. 410 only when it is listed itself",
  }),
};
const RetryOnView = Type.Object(retryOnFields);
const RetryOn = Type.Object(
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
          "No attempt begins later than this after the first began, and one under way then is stopped. A retry by hand begins it anew. 1s hardly ever retries; at most 720h. Default: attempts alone decide",
      }),
    ),
    retryOn: Type.Optional(RetryOn),
  },
  { title: "Retry", additionalProperties: false },
);

/** With defaults filled in, and only the fields that its backoff uses. */
export const RetryView = Type.Object({
  attempts: Type.Integer(),
  backoff: Type.Union([Type.Enum([...backoffKinds]), Type.Array(Type.String())]),
  baseDelay: Type.Optional(Type.String()),
  factor: Type.Optional(Type.Number()),
  maxDelay: Type.Optional(Type.String()),
  jitter: Type.Enum(["full", "none"]),
  deadline: Type.Optional(Type.String()),
  retryOn: RetryOnView,
});
