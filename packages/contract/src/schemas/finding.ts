import { Type } from "typebox";
import { Cursor, Instant, Nullable, Page, PageLimit, Uuid } from "./common.ts";

/** What the watchdog looks for; the last four are problems of an audit. */
export const findingKinds = [
  "cursor_overdue",
  "no_next_occurrence",
  "definition_unreadable",
  "missing",
  "unexpected",
  "early",
  "doubled",
] as const;
export type FindingKind = (typeof findingKinds)[number];

export const FindingItem = Type.Object(
  {
    kind: Type.Enum([...findingKinds], {
      description:
        "cursor_overdue: an occurrence is due for long and nothing fires it; no_next_occurrence: an active job whose schedule goes on has none; definition_unreadable: this version cannot read what the job is; missing, unexpected, early, doubled: as the audit says",
    }),
    tenant: Type.String({ description: "The tenant's name" }),
    jobId: Uuid,
    jobName: Nullable(Type.String()),
    nominalAt: Nullable(Type.String({ ...Instant, description: "The earliest occurrence concerned" })),
    foundAt: Instant,
    detail: Type.String(),
  },
  { title: "Finding", additionalProperties: false },
);

export const FindingPage = Page("FindingPage", FindingItem);

export const ListFindingsQuery = Type.Object(
  { cursor: Type.Optional(Cursor), limit: Type.Optional(PageLimit) },
  { additionalProperties: false },
);
