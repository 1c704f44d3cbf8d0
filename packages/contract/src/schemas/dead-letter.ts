import { Type } from "typebox";
import { limits } from "../limits.ts";
import { Cursor, Instant, Nullable, Page, PageLimit, QueueName, Uuid } from "./common.ts";
import { Attempt, failureClasses, runKinds } from "./run.ts";

/** What dead letters are found by; the same fields in the list's query and in the requests for many. All that are given must match. */
const filterFields = {
  jobId: Type.Optional(Uuid),
  label: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 320 }), {
      maxItems: 8,
      description: "key=value, or a bare key, of the job as it is now; repeat it, all must match. Deleted jobs have none",
    }),
  ),
  failureClass: Type.Optional(Type.Enum([...failureClasses], { description: "Of the last attempt" })),
  statusCode: Type.Optional(Type.Integer({ minimum: 100, maximum: 599, description: "Of the last attempt" })),
  target: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: limits.urlChars,
      description: "The origin it went to, such as https://api.example.com; of a longer URL, its origin",
    }),
  ),
  queue: Type.Optional(QueueName),
  from: Type.Optional(Type.String({ description: "Nominal time at or after" })),
  to: Type.Optional(Type.String({ description: "Nominal time before" })),
  diedFrom: Type.Optional(Type.String({ description: "Dead at or after" })),
  diedTo: Type.Optional(Type.String({ description: "Dead before" })),
  text: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: "In the error or the output of the last attempt; upper and lower case alike",
    }),
  ),
};

export const DeadLetterFilter = Type.Object(filterFields, { title: "DeadLetterFilter", additionalProperties: false });

export const CountDeadLettersQuery = Type.Object(filterFields, { additionalProperties: false });

export const ListDeadLettersQuery = Type.Object(
  {
    ...filterFields,
    resolved: Type.Optional(Type.Boolean({ default: false, description: "true: those that were discarded, instead of those still open" })),
    limit: Type.Optional(PageLimit),
    cursor: Type.Optional(Cursor),
  },
  { additionalProperties: false },
);

const deadLetterFields = {
  runId: Uuid,
  jobId: Uuid,
  jobName: Nullable(Type.String({ description: "Of the job as it is now; null when it has none or was deleted" })),
  revision: Type.Integer(),
  kind: Type.Enum([...runKinds]),
  nominalAt: Instant,
  diedAt: Instant,
  attempt: Type.Integer({ description: "The last attempt's number" }),
  target: Type.String({ description: "The origin it went to" }),
  queue: Nullable(Type.String()),
  failureClass: Nullable(Type.Enum([...failureClasses])),
  statusCode: Nullable(Type.Integer()),
  error: Nullable(Type.String({ description: "Of the last attempt" })),
  reason: Nullable(Type.String({ description: "Why no further attempt was made" })),
  note: Nullable(Type.String({ description: "What people wrote to it. A replay keeps it" })),
  resolvedAt: Nullable(Type.String({ ...Instant, description: "When it was discarded; null while it is open" })),
  resolvedBy: Nullable(Type.String({ description: "Who discarded it" })),
  resolution: Nullable(Type.String({ description: "Why it was discarded" })),
};

export const DeadLetter = Type.Object(deadLetterFields, { title: "DeadLetter", additionalProperties: false });
export const DeadLetterPage = Page("DeadLetterPage", DeadLetter);

const SentRequest = Type.Object(
  {
    method: Type.String(),
    url: Type.String(),
    headers: Type.Record(Type.String(), Type.String(), {
      description: "Without the signature and the trace. Values whose name sounds like a secret are shown as ***",
    }),
    body: Nullable(Type.String()),
  },
  {
    title: "SentRequest",
    additionalProperties: false,
    description: "Put together again from the run's revision and payload; what went over the wire is not kept",
  },
);

export const DeadLetterDetail = Type.Object(
  {
    ...deadLetterFields,
    attempts: Type.Array(Attempt),
    lastRequest: Nullable(SentRequest),
    lastResponse: Nullable(
      Type.Object(
        { statusCode: Nullable(Type.Integer()), output: Nullable(Type.String()), outputTruncated: Type.Boolean() },
        { additionalProperties: false, description: "null when nothing was answered" },
      ),
    ),
  },
  { title: "DeadLetterDetail", additionalProperties: false },
);

export const DeadLetterCount = Type.Object(
  {
    count: Type.Integer({ minimum: 0, description: `Counting ends at ${limits.deadLettersCounted}` }),
    more: Type.Boolean({ description: "Whether there may be more than were counted" }),
  },
  { title: "DeadLetterCount", additionalProperties: false },
);

const reason = Type.String({ minLength: 1, maxLength: 500, pattern: "^[^\\p{C}]*$" });

const manyFields = {
  filter: DeadLetterFilter,
  dryRun: Type.Optional(Type.Boolean({ default: false, description: "Only count what matches" })),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: limits.deadLettersAtOnce, default: 1_000, description: "At most this many in this request" }),
  ),
  cursor: Type.Optional(Type.String({ ...Cursor, description: "nextCursor of the answer before, to go on from there" })),
  idempotencyKey: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: "As the Idempotency-Key header" })),
};

export const ReplayDeadLetters = Type.Object(
  {
    ...manyFields,
    pace: Type.Optional(
      Type.Number({
        minimum: 0.1,
        maximum: 1_000,
        default: 10,
        description: "Runs a second. The first begins at once, the others one after the other",
      }),
    ),
  },
  { title: "ReplayDeadLetters", additionalProperties: false },
);

export const DiscardDeadLetters = Type.Object(
  { ...manyFields, reason: Type.Optional(reason) },
  { title: "DiscardDeadLetters", additionalProperties: false },
);

const handledFields = {
  dryRun: Type.Boolean(),
  matched: Type.Integer({ minimum: 0, description: "Dead letters found; in a dry run counting ends as in the count" }),
  more: Type.Boolean({ description: "Whether others may match: ask again with nextCursor" }),
  nextCursor: Nullable(Type.String()),
};

export const ReplayedDeadLetters = Type.Object(
  {
    ...handledFields,
    replayed: Type.Integer({ minimum: 0, description: "Fewer than matched when others dealt with some at the same time" }),
    lastStartAt: Nullable(Type.String({ ...Instant, description: "When the last of them may begin" })),
  },
  { title: "ReplayedDeadLetters", additionalProperties: false },
);

export const DiscardedDeadLetters = Type.Object(
  { ...handledFields, discarded: Type.Integer({ minimum: 0 }) },
  { title: "DiscardedDeadLetters", additionalProperties: false },
);

export const DiscardDeadLetter = Type.Object(
  { reason: Type.Optional(reason) },
  { title: "DiscardDeadLetter", additionalProperties: false },
);

export const NoteDeadLetter = Type.Object(
  { note: Nullable(Type.String({ minLength: 1, maxLength: 2_000, description: "Takes the place of the note there is; null removes it" })) },
  { title: "NoteDeadLetter", additionalProperties: false },
);
