import { Type } from "typebox";
import { limits } from "../limits.ts";
import { Cursor, Instant, Nullable, Page } from "./common.ts";
import { logLevels } from "./worker.ts";

export const RunLogLine = Type.Object(
  {
    attempt: Type.Integer({ minimum: 1 }),
    line: Type.Integer({ minimum: 1, description: "Counts over all attempts of the run" }),
    at: Nullable(Type.String({ ...Instant, description: "When it was written, as its worker says" })),
    storedAt: Instant,
    level: Type.Enum([...logLevels]),
    message: Type.String(),
    truncated: Type.Boolean({ description: "The line was longer" }),
  },
  { title: "RunLogLine", additionalProperties: false },
);

export const RunLogPage = Page("RunLogPage", RunLogLine);

export const ListRunLogsQuery = Type.Object(
  {
    attempt: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: "Only this attempt's lines" })),
    tail: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.logPageLines, description: "Only the last lines, in their order" })),
    follow: Type.Optional(
      Type.Enum(["true", "false"], {
        description:
          "true: nextCursor is there also at the end while the run is live, to ask for the lines that are still to come. Default: false",
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.logPageLines, default: 200 })),
    cursor: Type.Optional(Cursor),
  },
  { additionalProperties: false },
);
