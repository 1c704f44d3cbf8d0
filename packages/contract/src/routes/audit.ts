import { AuditPage, AuditQuery } from "../schemas/audit.ts";
import type { Route } from "./route.ts";

export const auditRoutes = {
  auditOccurrences: {
    method: "GET",
    path: "/v1/audit/occurrences",
    tag: "audit",
    scope: "read",
    summary: "Recompute every expected occurrence and compare it with what is recorded",
    description:
      "Every occurrence that a job's revisions call for in the time asked for, deleted jobs included, is looked up in the history. A page ends after about 20,000 occurrences; go on with nextCursor until it is null.",
    query: AuditQuery,
    responses: { 200: { description: "What was found", schema: AuditPage } },
    errors: ["cursor_invalid", "instant_invalid", "job_not_found"],
  },
} as const satisfies Record<string, Route>;
