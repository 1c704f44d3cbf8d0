import { Type } from "typebox";
import { Cursor, Instant, Nullable, Page, PageLimit, Uuid } from "./common.ts";

export const backfillStatuses = ["running", "paused", "done", "cancelled"] as const;

export const CreateBackfill = Type.Object(
  {
    from: Type.String({ ...Instant, description: "The first nominal time that counts" }),
    to: Type.String({ ...Instant, description: "Occurrences before this time; at most now" }),
    dryRun: Type.Optional(Type.Boolean({ description: "Only count; nothing is made" })),
    concurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 1, description: "Its runs that may be live at once" })),
    priority: Type.Optional(
      Type.Integer({ minimum: -1, maximum: 9, default: -1, description: "Of its runs; -1 is behind everything that is not a backfill" }),
    ),
  },
  { title: "CreateBackfill", additionalProperties: false },
);

export const BackfillPlan = Type.Object(
  {
    occurrences: Type.Integer({ description: "Of the job's schedule as it is now, in the range" }),
    alreadyRan: Type.Integer({ description: "Those that have a run which was not skipped; they are passed over" }),
    toRun: Type.Integer(),
    first: Nullable(Instant),
    last: Nullable(Instant),
  },
  { title: "BackfillPlan", additionalProperties: false },
);

export const Backfill = Type.Object(
  {
    backfillId: Uuid,
    jobId: Uuid,
    revision: Type.Integer({ description: "The job's revision that its runs carry out, also when the job is changed meanwhile" }),
    from: Instant,
    to: Instant,
    status: Type.Enum([...backfillStatuses], { description: "done: every occurrence was passed over or has had its run" }),
    concurrency: Type.Integer(),
    priority: Type.Integer(),
    total: Type.Integer({ description: "Occurrences in the range" }),
    started: Type.Integer({ description: "Runs made so far" }),
    passedOver: Type.Integer({ description: "Occurrences that had a run already" }),
    live: Type.Integer({ description: "Its runs that have not ended" }),
    percent: Type.Number({ description: "Of the occurrences, how many are over" }),
    estimatedEndAt: Nullable(Type.String({ ...Instant, description: "At the pace since it was created; null unless it is running" })),
    createdBy: Nullable(Type.String()),
    createdAt: Instant,
    endedAt: Nullable(Instant),
  },
  { title: "Backfill", additionalProperties: false },
);

export const BackfillPage = Page("BackfillPage", Backfill);

export const ListBackfillsQuery = Type.Object(
  {
    jobId: Type.Optional(Uuid),
    status: Type.Optional(Type.Enum([...backfillStatuses])),
    limit: Type.Optional(PageLimit),
    cursor: Type.Optional(Cursor),
  },
  { additionalProperties: false },
);

export const CancelBackfill = Type.Object(
  {
    keepRuns: Type.Optional(
      Type.Boolean({ description: "Let its runs that have not begun begin all the same. Default: they are cancelled" }),
    ),
  },
  { title: "CancelBackfill", additionalProperties: false },
);
