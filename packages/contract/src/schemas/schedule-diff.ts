import { Type } from "typebox";
import { limits } from "../limits.ts";
import { Instant } from "./common.ts";
import { PreviewRequest, scheduleFields } from "./schedule.ts";

const Schedule = (title: string, description: string) => Type.Object(scheduleFields, { title, description, additionalProperties: false });

export const DiffRequest = Type.Object(
  {
    before: Schedule("ScheduleBefore", "The schedule as it is"),
    after: Schedule("ScheduleAfter", "The schedule that would replace it"),
    seed: PreviewRequest.properties.seed,
    from: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "Compare occurrences after this time. Default: now" })),
    count: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: limits.previewOccurrences,
        default: 10,
        description: "How many occurrences to list, of both schedules together",
      }),
    ),
  },
  { title: "DiffRequest", additionalProperties: false },
);

export const ScheduleDiff = Type.Object(
  {
    before: Type.String({ description: "The old schedule in plain words" }),
    after: Type.String({ description: "The new schedule in plain words" }),
    kept: Type.Array(Instant, { description: "Occurrences of both" }),
    lost: Type.Array(Instant, { description: "Occurrences of the old schedule only" }),
    added: Type.Array(Instant, { description: "Occurrences of the new schedule only" }),
  },
  { title: "ScheduleDiff", description: "Nominal times, in order", additionalProperties: false },
);
