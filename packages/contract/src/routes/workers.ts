import { Type } from "typebox";
import { Uuid } from "../schemas/common.ts";
import { ListRunLogsQuery, RunLogPage } from "../schemas/log.ts";
import * as worker from "../schemas/worker.ts";
import type { Route } from "./route.ts";

const runId = Type.Object({ runId: Uuid }, { additionalProperties: false });

export const workerRoutes = {
  leaseRuns: {
    method: "POST",
    path: "/v1/workers/lease",
    tag: "workers",
    scope: "work",
    waits: true,
    summary: "Lease runs of queues",
    description:
      "Answers as soon as there are runs, or with none after the wait. Each is the worker's until its lease ends, by the database's clock; heartbeats extend it. A worker whose connection ends while it waits leases nothing.",
    body: worker.LeaseRequest,
    responses: { 200: { description: "The runs, perhaps none", schema: worker.Leases } },
    errors: ["duration_invalid", "workers_too_many"],
  },
  heartbeatRuns: {
    method: "POST",
    path: "/v1/workers/heartbeat",
    tag: "workers",
    scope: "work",
    summary: "Extend leases, tell progress and log lines, hear of cancellations",
    body: worker.HeartbeatRequest,
    responses: { 200: { description: "How it stands with each run", schema: worker.HeartbeatResult } },
    errors: ["instant_invalid"],
  },
  completeRuns: {
    method: "POST",
    path: "/v1/workers/complete",
    tag: "workers",
    scope: "work",
    summary: "Complete leased runs",
    description:
      "Each result is judged on its own. One that comes too late, or twice, has the status 409 and changes nothing; when it is the only one of the request, the answer itself is the 409.",
    body: worker.CompleteRequest,
    responses: { 200: { description: "What became of each run", schema: worker.CompleteResult } },
    errors: ["lease_lost", "duration_invalid", "instant_invalid"],
  },
  completeRun: {
    method: "POST",
    path: "/v1/runs/{runId}/complete",
    tag: "workers",
    scope: "completion",
    summary: "Complete a webhook that was accepted with 202",
    description:
      "For receivers of a job whose target says `completion: callback`. The bearer token is the one that the webhook brought in Punctual-Completion-Token; it is good for this run and attempt until its time is over.",
    params: runId,
    body: worker.CompleteRun,
    responses: { 200: { description: "How it stands with the run", schema: worker.CompletedRun } },
    errors: ["completion_token_invalid", "lease_lost", "duration_invalid"],
  },
  listRunLogs: {
    method: "GET",
    path: "/v1/runs/{runId}/logs",
    tag: "runs",
    scope: "read",
    summary: "Read what a run's worker has logged",
    params: runId,
    query: ListRunLogsQuery,
    responses: { 200: { description: "A page of lines, in their order", schema: RunLogPage } },
    errors: ["run_not_found", "cursor_invalid"],
  },
} as const satisfies Record<string, Route>;
