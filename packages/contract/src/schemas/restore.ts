import { Type } from "typebox";
import { Cursor, Instant, Nullable, PageLimit, Uuid } from "./common.ts";

/** What made the cluster stop firing. */
export const restoreSigns = [
  "restored",
  "asked",
  "copied",
  "other_server",
  "other_timeline",
  "went_back",
  "clock_back",
  "clock_forward",
  "gap",
] as const;
export type RestoreSign = (typeof restoreSigns)[number];

export const restoreChoices = ["run", "skip", "done"] as const;

const OpenRestore = Type.Object(
  {
    sign: Type.Enum([...restoreSigns], {
      description:
        "restored: by `punctual restore`; asked: by a person; copied: the data came with a dump; other_server, other_timeline: from a backup of the server; went_back: a node has seen newer data; clock_back, clock_forward: the database's clock has jumped; gap: see PUNCTUAL_RESTORE_GAP",
    }),
    detail: Type.String(),
    noticedAt: Instant,
    dataUntil: Nullable(Type.String({ ...Instant, description: "The last time that these data know of; null when that is not known" })),
    liveRuns: Type.Integer({ description: "Runs that had not ended then, counted up to 10,000: they may have ended since" }),
  },
  { title: "OpenRestore", additionalProperties: false },
);

export const RestoreMode = Type.Object(
  {
    restore: Nullable(OpenRestore),
    items: Type.Array(
      Type.Object(
        {
          jobId: Uuid,
          tenant: Type.String(),
          jobName: Nullable(Type.String()),
          firstAt: Type.String({ ...Instant, description: "Where its cursor stands" }),
          occurrences: Type.Integer({ description: "From there up to now, counted up to 10,000" }),
          lastAt: Type.String({ ...Instant, description: "The last one counted" }),
        },
        { title: "StandingJob", additionalProperties: false },
      ),
      { description: "Jobs with occurrences between the data and now; empty when firing is not stopped" },
    ),
    nextCursor: Nullable(Type.String()),
  },
  { title: "RestoreMode", additionalProperties: false },
);

export const RestoreModeQuery = Type.Object(
  { cursor: Type.Optional(Cursor), limit: Type.Optional(PageLimit) },
  { additionalProperties: false },
);

export const BeginRestore = Type.Object(
  { reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500, pattern: "^[^\\p{C}]*$", description: "Shown as the detail" })) },
  { title: "BeginRestore", additionalProperties: false },
);

export const ResolveRestore = Type.Object(
  {
    choice: Type.Enum([...restoreChoices], {
      description:
        "run: fire what stands, as after an outage, by each job's misfire policy; skip: record it as skipped; done: record it as succeeded, as it ran before the restore",
    }),
    upTo: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: "skip and done: up to this time; what is later runs. Default: now" }),
    ),
    jobId: Type.Optional(Type.String({ ...Uuid, description: "Only this job, while firing stays stopped for all" })),
  },
  { title: "ResolveRestore", additionalProperties: false },
);

export const RestoreResolution = Type.Object(
  {
    occurrences: Type.Integer({ description: "Recorded by this request as skipped or done" }),
    runs: Type.Integer({ description: "Runs that had not ended, and were ended by this request" }),
    isComplete: Type.Boolean({ description: "false: there is more; send the same request again" }),
    isResolved: Type.Boolean({ description: "Whether firing goes on" }),
  },
  { title: "RestoreResolution", additionalProperties: false },
);
