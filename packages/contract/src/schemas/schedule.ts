import { Type } from "typebox";
import { limits } from "../limits.ts";
import { Duration, Instant, Nullable } from "./common.ts";

/**
 * The schedule's fields as they stand in a job. Their inner grammar is the schedule package's to judge: a schema can only say "string", the parser says
 * which column is wrong.
 */
export const scheduleFields = {
  cron: Type.Optional(Type.String({ minLength: 1, maxLength: 1024, description: "Cron pattern", examples: ["*/5 * * * *"] })),
  every: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: "Interval from the anchor, at least 1s", examples: ["90s"] }),
  ),
  runAt: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: "One time; in the past means at once", examples: ["2027-03-01T09:00:00Z"] }),
  ),
  delay: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: "One time, this long after the request", examples: ["15m"] }),
  ),
  timezone: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: "IANA zone of a cron pattern. Default UTC", examples: ["Europe/Berlin"] }),
  ),
  anchor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: "Where `every` counts from. Default: the moment of creation" }),
  ),
  startAt: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "No occurrence before this time" })),
  endAt: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "No occurrence after this time" })),
};

export const PreviewRequest = Type.Object(
  {
    ...scheduleFields,
    from: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "List occurrences after this time. Default: now" })),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.previewOccurrences, default: 10 })),
  },
  { title: "PreviewRequest", additionalProperties: false },
);

export const PreviewOccurrence = Type.Object(
  {
    nominalAt: Instant,
    localTime: Type.String({
      description: "The same instant on the clocks of the schedule's zone",
      examples: ["2027-03-01T10:00:00+01:00"],
    }),
  },
  { title: "PreviewOccurrence", additionalProperties: false },
);

export const Preview = Type.Object(
  {
    description: Type.String({ description: "The schedule in plain words" }),
    timezone: Type.String(),
    occurrences: Type.Array(PreviewOccurrence),
    /** Null when the schedule ends within the list. */
    nextFrom: Nullable(Instant),
  },
  { title: "Preview", additionalProperties: false },
);

export const MisfirePolicy = Type.Object(
  {
    window: Type.Optional(Type.String({ ...Duration, description: "Missed occurrences not older than this all run. Default 10m" })),
    policy: Type.Optional(
      Type.Enum(["latest", "all", "skip"], {
        description: "What runs of the older ones: the latest, all of them, or none. Default latest",
      }),
    ),
  },
  { title: "MisfirePolicy", additionalProperties: false },
);
