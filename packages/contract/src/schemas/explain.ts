import { Type } from "typebox";
import { auditVerdicts } from "./audit.ts";
import { Instant, Nullable, Uuid } from "./common.ts";
import { RunWithAttempts } from "./run.ts";
import { Explanation } from "./schedule.ts";

/** What can be said of a job at a time: the audit's verdicts of an occurrence, and why there was none. */
export const explainVerdicts = [...auditVerdicts, "to_come", "not_created", "deleted", "paused", "not_in_schedule", "ended"] as const;
export type ExplainVerdict = (typeof explainVerdicts)[number];

export const ExplainJobQuery = Type.Object(
  { at: Type.String({ minLength: 1, maxLength: 64, description: "The time to explain, to the millisecond" }) },
  { additionalProperties: false },
);

export const JobExplanation = Type.Object(
  {
    jobId: Uuid,
    at: Instant,
    verdict: Type.Enum([...explainVerdicts], {
      description:
        "The audit's verdict of the occurrence at this time; or to_come; or why there was none: not_created yet, deleted, paused, not_in_schedule, ended (maxRuns is used up, or its schedule is over)",
    }),
    because: Type.Array(Type.String(), { description: "The same in plain words, a sentence each" }),
    revision: Nullable(
      Type.Object(
        {
          revision: Type.Integer(),
          status: Type.Enum(["active", "paused"]),
          from: Instant,
          to: Nullable(Type.String({ ...Instant, description: "null: it is the current one" })),
        },
        { title: "RevisionInForce", description: "In force at that time; null when the job was not there", additionalProperties: false },
      ),
    ),
    schedule: Nullable(Explanation),
    latenessMs: Nullable(Type.Integer({ description: "From when it was to start to the start of its first attempt" })),
    run: Nullable(RunWithAttempts),
  },
  { title: "JobExplanation", additionalProperties: false },
);
