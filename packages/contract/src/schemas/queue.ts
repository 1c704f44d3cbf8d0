import { Type } from "typebox";
import { Cursor, Instant, Nullable, Page, PageLimit, QueueName } from "./common.ts";

export const queueStatuses = ["active", "paused"] as const;
/** Why the head of a queue waits. */
export const queueBlocks = ["paused", "concurrency", "rate", "key_concurrency", "no_worker", "slots"] as const;

const most = 1_000_000;
/** Zero is refused by the command, which can say what to do instead. */
const Limit = (description: string) =>
  Nullable(Type.Integer({ minimum: 0, maximum: 100_000, description: `${description} At least 1; null or left out: no limit` }));

export const PutQueue = Type.Object(
  {
    concurrency: Type.Optional(
      Limit("How many of its runs may be under way at once, in the whole cluster. 1: one after the other; 100000: hardly a limit."),
    ),
    keyConcurrency: Type.Optional(
      Limit("How many with the same concurrencyKey may be under way at once. Runs without a key are not bound by it."),
    ),
    rate: Type.Optional(
      Nullable(
        Type.Object(
          {
            limit: Type.Integer({ minimum: 0, maximum: most, description: "How many attempts begin in a period, on average. At least 1" }),
            period: Type.String({ minLength: 1, maxLength: 64, description: "1s to 24h", examples: ["1m"] }),
            burst: Type.Optional(
              Type.Integer({
                minimum: 0,
                maximum: most,
                description: "How many may begin at once after a rest. 1 spaces them evenly; default: as many as the limit",
              }),
            ),
          },
          {
            title: "QueueRate",
            additionalProperties: false,
            description: "At most burst + limit a period begin in any time. null or left out: no limit",
          },
        ),
      ),
    ),
  },
  { title: "PutQueue", additionalProperties: false },
);

export const PauseQueue = Type.Object(
  { reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500, pattern: "^[^\\p{C}]*$", description: "Kept with the queue" })) },
  { title: "PauseQueue", additionalProperties: false },
);

const queueFields = {
  name: QueueName,
  status: Type.Enum([...queueStatuses], { description: "paused: its runs wait, and those under way go on" }),
  pauseReason: Nullable(Type.String()),
  concurrency: Nullable(Type.Integer()),
  keyConcurrency: Nullable(Type.Integer()),
  rate: Nullable(Type.Object({ limit: Type.Integer(), period: Type.String(), burst: Type.Integer() }, { additionalProperties: false })),
  createdAt: Instant,
  updatedAt: Instant,
};

const Count = (description: string) =>
  Type.Object(
    {
      count: Type.Integer({ minimum: 0 }),
      isExact: Type.Boolean({ description: "false: there are more; counting stops so that asking stays cheap" }),
    },
    { additionalProperties: false, description },
  );

export const Queue = Type.Object(queueFields, { title: "Queue", additionalProperties: false });
export const QueueWithDepth = Type.Object(
  {
    ...queueFields,
    depth: Count("Runs that are ready and wait for their turn"),
    running: Count("Runs under way"),
    waiting: Count("Runs that wait for their retry, or are held"),
    oldestWaitingAt: Nullable(
      Type.String({
        ...Instant,
        description: "Since when the longest waiting of the ready runs is due; among those counted when depth is not exact",
      }),
    ),
    blocked: Nullable(
      Type.Object(
        {
          reason: Type.Enum([...queueBlocks], {
            description:
              "paused; concurrency or rate: the queue's limit is reached; key_concurrency: that of every key that has ready runs; no_worker: its runs wait for a worker to ask for them; slots: for a node's free slot",
          }),
          message: Type.String(),
        },
        { additionalProperties: false, description: "Why the head waits; null when nothing is ready, or it is about to begin" },
      ),
    ),
  },
  { title: "QueueWithDepth", additionalProperties: false },
);
export const QueuePage = Page("QueuePage", Queue);

export const ListQueuesQuery = Type.Object(
  {
    namePrefix: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    limit: Type.Optional(PageLimit),
    cursor: Type.Optional(Cursor),
  },
  { additionalProperties: false },
);
