import { Type } from "typebox";
import { limits } from "../limits.ts";

/** No control characters, no lone surrogates, no unassigned code points: what may stand in a log line or a table cell without harm. */
const printable = "^[^\\p{C}]*$";

export const Uuid = Type.String({ format: "uuid", examples: ["0192f3a4-5b6c-8d7e-9f01-23456789ab2c"] });
export const Instant = Type.String({
  format: "date-time",
  description: "ISO 8601 with an offset or Z",
  examples: ["2027-03-01T09:00:00.000Z"],
});
/** Read by the schedule package, whose error is more helpful than a pattern's. */
export const Duration = Type.String({ minLength: 1, maxLength: 64, description: "Such as 15m, 1h30m, 90s or PT15M", examples: ["15m"] });
export const Cursor = Type.String({ minLength: 1, maxLength: 2048, description: "nextCursor of the page before; opaque" });
export const JobName = Type.String({
  minLength: 1,
  maxLength: limits.nameChars,
  pattern: printable,
  description: "Unique within the tenant",
  examples: ["nightly-report"],
});
export const QueueName = Type.String({
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
  description: "Letters, digits, dot, hyphen and underscore, at most 100; unique within the tenant",
  examples: ["emails"],
});
export const Labels = Type.Record(
  Type.String({ pattern: "^[A-Za-z0-9._/-]{1,63}$" }),
  Type.String({ maxLength: limits.labelValueChars, pattern: printable }),
  {
    maxProperties: limits.labels,
    additionalProperties: false,
    description: "Free key-value pairs to find jobs by",
    examples: [{ team: "billing" }],
  },
);
/** A filter of a list by labels of jobs. */
export const LabelFilter = Type.Array(Type.String({ minLength: 1, maxLength: 320 }), {
  maxItems: 8,
  description: "A job's label: key=value, or a bare key; repeat it, all must match",
});
export const PageLimit = Type.Integer({ minimum: 1, maximum: limits.pageItems, default: 50, description: "Items a page" });

/** `T | null`, as `{ anyOf: [T, null] }`. */
export const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

/** A page of a list: opaque `nextCursor`, null on the last page. */
export const Page = <T extends Parameters<typeof Type.Array>[0]>(title: string, item: T) =>
  Type.Object({ items: Type.Array(item), nextCursor: Nullable(Type.String()) }, { title, additionalProperties: false });
