import { Type } from "typebox";
import { Cursor, Instant, Nullable, Uuid } from "./common.ts";
import { runStates } from "./run.ts";

/** What an audit says of an occurrence. The last five are what must never be. */
export const auditVerdicts = ["ran", "skipped", "live", "pending", "missing", "unexpected", "overdue", "early", "doubled"] as const;
export type AuditVerdict = (typeof auditVerdicts)[number];
export const auditProblems = ["missing", "unexpected", "overdue", "early", "doubled"] as const satisfies readonly AuditVerdict[];

/** How late runs may have started to be counted together, in ms. */
export const auditLatenessMs = [100, 1_000, 5_000, 60_000] as const;

const Verdict = Type.Enum([...auditVerdicts], {
  description:
    "ran; skipped, with its reason; live: its run has not ended; pending: due just now; missing: expected and not recorded; unexpected: recorded and not expected; overdue: due for more than a minute and not fired; early: it started before its time; doubled: recorded twice",
});

export const AuditedOccurrence = Type.Object(
  {
    jobId: Uuid,
    nominalAt: Instant,
    verdict: Verdict,
    revision: Nullable(Type.Integer({ description: "The revision in force then; null when none was" })),
    runId: Nullable(Uuid),
    status: Nullable(Type.Enum([...runStates])),
    reason: Nullable(Type.String()),
    latenessMs: Nullable(Type.Integer({ description: "From when it was to start to the start of its first attempt" })),
  },
  { title: "AuditedOccurrence", additionalProperties: false },
);

const count = (description: string) => Type.Integer({ minimum: 0, description });

export const AuditPage = Type.Object(
  {
    summary: Type.Object(
      {
        jobs: count("Jobs looked at, those included that fire by the end of their last run"),
        expected: count("Occurrences recomputed from the revisions"),
        verdicts: Type.Object(
          Object.fromEntries(auditVerdicts.map((verdict) => [verdict, count(verdict)])) as Record<AuditVerdict, ReturnType<typeof count>>,
        ),
        skipped: Type.Record(Type.String(), Type.Integer(), { description: "By reason" }),
        startedWithin: Type.Array(Type.Object({ ms: Nullable(Type.Integer({ description: "null: any longer" })), count: Type.Integer() }), {
          description: "Of those that ran, how many started how soon; each counted once, in the first that fits",
        }),
        maxLatenessMs: Nullable(Type.Integer()),
      },
      { title: "AuditSummary", description: "Of this page; a whole audit is the sum of its pages", additionalProperties: false },
    ),
    items: Type.Array(AuditedOccurrence, { description: "Problems only, unless show is all" }),
    nextCursor: Nullable(Type.String()),
  },
  { title: "AuditPage", additionalProperties: false },
);

export const AuditQuery = Type.Object(
  {
    from: Type.String({ description: "Nominal times at or after. Not before the history's retention" }),
    to: Type.Optional(Type.String({ description: "Nominal times before. Default: now" })),
    jobId: Type.Optional(Uuid),
    show: Type.Optional(Type.Enum(["problems", "all"], { default: "problems", description: "Which occurrences are listed" })),
    cursor: Type.Optional(Cursor),
  },
  { additionalProperties: false },
);
