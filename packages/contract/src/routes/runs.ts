import { Type } from "typebox";
import { Uuid } from "../schemas/common.ts";
import * as run from "../schemas/run.ts";
import type { Route } from "./route.ts";
import { idempotencyErrors } from "./shared-errors.ts";

const runId = Type.Object({ runId: Uuid }, { additionalProperties: false });

export const runRoutes = {
  listRuns: {
    method: "GET",
    path: "/v1/runs",
    tag: "runs",
    scope: "read",
    summary: "Search runs, latest nominal time first",
    description:
      "Every filter must match. A page may come back short, or empty, with a nextCursor: then searchedTo tells how far the search has come, and it goes on from there.",
    query: run.ListRunsQuery,
    responses: { 200: { description: "A page of runs", schema: run.RunPage } },
    errors: ["cursor_invalid", "instant_invalid"],
  },
  getRun: {
    method: "GET",
    path: "/v1/runs/{runId}",
    tag: "runs",
    scope: "read",
    summary: "Read a run with its attempts",
    params: runId,
    responses: { 200: { description: "The run", schema: run.RunWithAttempts } },
    errors: ["run_not_found"],
  },
  cancelRun: {
    method: "POST",
    path: "/v1/runs/{runId}/cancel",
    tag: "runs",
    scope: "write",
    summary: "Cancel a run",
    description:
      "One that waits, also in a queue or held back, ends at once. One under way is aborted by its node within 2 s; its target may have acted already, and targetMayHaveSeen tells.",
    params: runId,
    body: run.Cancel,
    bodyOptional: true,
    responses: { 200: { description: "The run as it is now", schema: run.Run } },
    errors: ["run_not_found", "run_already_ended"],
  },
  retryRun: {
    method: "POST",
    path: "/v1/runs/{runId}/retry",
    tag: "runs",
    scope: "write",
    summary: "Give a dead or cancelled run another attempt",
    description: "The run keeps its id, its attempts and the revision it was fired with, and is ready at once. Works for paused jobs too.",
    params: runId,
    responses: { 200: { description: "The run as it is now", schema: run.Run } },
    errors: ["run_not_found", "run_not_retryable"],
  },
  runAgain: {
    method: "POST",
    path: "/v1/runs/{runId}/run-again",
    tag: "runs",
    scope: "write",
    idempotent: true,
    summary: "Carry a run out again, as a new run",
    description:
      "A manual run with the job as it is now and the payload of the old run; rerunOf names that run, which stays as it is, whatever its state.",
    params: runId,
    responses: { 201: { description: "The new run", schema: run.Run } },
    errors: ["run_not_found", "job_not_found", ...idempotencyErrors],
  },
} as const satisfies Record<string, Route>;
