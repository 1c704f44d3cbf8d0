import { Type } from "typebox";
import { limits } from "../limits.ts";
import { Duration, Instant, Nullable } from "./common.ts";

const Time = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 64, description }));

export const ForecastRequest = Type.Object(
  {
    from: Time("Begins with the bucket that this time lies in. Default: now"),
    to: Time(`Ends with the bucket before this time, at most ${limits.forecastDays} days later. Default: a day later`),
    bucket: Type.Optional(
      Type.String({
        ...Duration,
        description: `Length of a bucket, at least 1s; at most ${limits.forecastBuckets} of them. Default 1m`,
        examples: ["1m"],
      }),
    ),
  },
  { title: "ForecastRequest", additionalProperties: false },
);

export const Forecast = Type.Object(
  {
    from: Type.String({ ...Instant, description: "Begin of the first bucket" }),
    to: Type.String({ ...Instant, description: "End of the last bucket" }),
    bucketSeconds: Type.Number(),
    counts: Type.Array(Type.Integer(), { description: "Occurrences that start in each bucket, in order" }),
    total: Type.Integer(),
    busiest: Nullable(
      Type.Object(
        { at: Type.String({ ...Instant, description: "Begin of the bucket" }), count: Type.Integer() },
        {
          title: "BusiestBucket",
          description: "The fullest bucket, the first of several; null when nothing starts",
          additionalProperties: false,
        },
      ),
    ),
    jobs: Type.Integer({ description: "Active jobs that were looked at" }),
    isComplete: Type.Boolean({
      description: `False when there was more to count than one request may: more than ${limits.forecastJobs} jobs, or too many different ones`,
    }),
  },
  { title: "Forecast", additionalProperties: false },
);
