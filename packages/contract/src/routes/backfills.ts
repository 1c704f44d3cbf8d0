import { Type } from "typebox";
import * as backfill from "../schemas/backfill.ts";
import { Uuid } from "../schemas/common.ts";
import type { Route } from "./route.ts";
import { idempotencyErrors } from "./shared-errors.ts";

const backfillId = Type.Object({ backfillId: Uuid }, { additionalProperties: false });
const one = { 200: { description: "The backfill", schema: backfill.Backfill } } as const;

export const backfillRoutes = {
  createBackfill: {
    method: "POST",
    path: "/v1/jobs/{jobId}/backfill",
    tag: "backfills",
    scope: "write",
    idempotent: true,
    summary: "Carry out the occurrences of a past range that have not run",
    description:
      "With the job's schedule as it is now, oldest first, behind live work and at its own pace. What ran is never run again; what was skipped runs in its place. At most 100,000 occurrences.",
    params: Type.Object({ jobId: Uuid }, { additionalProperties: false }),
    body: backfill.CreateBackfill,
    responses: {
      200: { description: "With dryRun: what it would do", schema: backfill.BackfillPlan },
      201: { description: "The backfill, under way", schema: backfill.Backfill },
    },
    errors: ["job_not_found", "instant_invalid", "backfill_too_large", "backfill_unfinished", ...idempotencyErrors],
  },
  listBackfills: {
    method: "GET",
    path: "/v1/backfills",
    tag: "backfills",
    scope: "read",
    summary: "List backfills, newest first",
    query: backfill.ListBackfillsQuery,
    responses: { 200: { description: "A page of backfills", schema: backfill.BackfillPage } },
    errors: ["cursor_invalid"],
  },
  getBackfill: {
    method: "GET",
    path: "/v1/backfills/{backfillId}",
    tag: "backfills",
    scope: "read",
    summary: "Read a backfill with its progress",
    params: backfillId,
    responses: one,
    errors: ["backfill_not_found"],
  },
  pauseBackfill: {
    method: "POST",
    path: "/v1/backfills/{backfillId}/pause",
    tag: "backfills",
    scope: "write",
    summary: "Make no more runs for now",
    description: "Its live runs go on. Pausing a paused one changes nothing.",
    params: backfillId,
    responses: one,
    errors: ["backfill_not_found", "backfill_ended"],
  },
  resumeBackfill: {
    method: "POST",
    path: "/v1/backfills/{backfillId}/resume",
    tag: "backfills",
    scope: "write",
    summary: "Go on with a paused backfill",
    params: backfillId,
    responses: one,
    errors: ["backfill_not_found", "backfill_ended"],
  },
  cancelBackfill: {
    method: "POST",
    path: "/v1/backfills/{backfillId}/cancel",
    tag: "backfills",
    scope: "write",
    summary: "End a backfill",
    description: "Its runs that have not begun are cancelled, unless asked otherwise; those under way go on.",
    params: backfillId,
    body: backfill.CancelBackfill,
    bodyOptional: true,
    responses: one,
    errors: ["backfill_not_found", "backfill_ended"],
  },
} as const satisfies Record<string, Route>;
