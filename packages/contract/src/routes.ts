import { type Static, type TSchema, Type } from "typebox";
import type { ErrorCode } from "./errors.ts";
import { JobName, Uuid } from "./schemas/common.ts";
import { BulkResult } from "./schemas/bulk.ts";
import * as job from "./schemas/job.ts";
import * as run from "./schemas/run.ts";
import { Preview, PreviewRequest } from "./schemas/schedule.ts";

export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
/** What a key may do. `read` looks, `write` changes jobs and runs. */
export const scopes = ["read", "write"] as const;
export type Scope = (typeof scopes)[number];

export type Route = {
  method: HttpMethod;
  /** With `{parameters}` as OpenAPI writes them. */
  path: string;
  tag: "jobs" | "runs" | "schedules";
  summary: string;
  description?: string;
  scope: Scope;
  params?: TSchema;
  query?: TSchema;
  body?: TSchema;
  /** Whether a missing body is the same as `{}`. */
  bodyOptional?: boolean;
  /** Takes an Idempotency-Key header. */
  idempotent?: boolean;
  /** Takes If-Match and answers ETag. */
  revisioned?: boolean;
  responses: { [status: number]: { description: string; schema?: TSchema } };
  /** Codes beyond those any route may answer (unauthorized, request_invalid, internal, ...). */
  errors: readonly ErrorCode[];
};

const jobId = Type.Object({ jobId: Uuid }, { additionalProperties: false });
const runId = Type.Object({ runId: Uuid }, { additionalProperties: false });
const name = Type.Object({ name: JobName }, { additionalProperties: false });

const scheduleErrors = [
  "schedule_missing",
  "schedule_ambiguous",
  "schedule_invalid",
  "schedule_never_fires",
  "timezone_unknown",
  "duration_invalid",
  "instant_invalid",
] as const satisfies readonly ErrorCode[];
const definitionErrors = [...scheduleErrors, "target_invalid", "payload_too_large"] as const satisfies readonly ErrorCode[];
const idempotencyErrors = ["idempotency_in_flight", "idempotency_mismatch"] as const satisfies readonly ErrorCode[];

const table = <T extends Record<string, Route>>(routes: T): T => routes;

/**
 * Every route of the API, by operation id. The server registers its handlers from this table and refuses to start when one lacks a handler; the OpenAPI
 * document, the reference and the client's types come from it too, so none of them can drift from what is served.
 */
export const routes = table({
  createJob: {
    method: "POST",
    path: "/v1/jobs",
    tag: "jobs",
    scope: "write",
    idempotent: true,
    summary: "Create a job",
    description: "Exactly one of cron, every, runAt, delay. A runAt in the past runs at once; a recurring job never fires by being created.",
    body: job.CreateJob,
    responses: { 201: { description: "The job, with its first occurrence in nextRunAt", schema: job.Job } },
    errors: [...definitionErrors, ...idempotencyErrors, "name_taken"],
  },
  createJobsBulk: {
    method: "POST",
    path: "/v1/jobs/bulk",
    tag: "jobs",
    scope: "write",
    idempotent: true,
    summary: "Create up to 1,000 jobs",
    description: "Each job is judged on its own; the good ones are created even when others are refused.",
    body: job.BulkJobs,
    responses: { 200: { description: "One item for each job, in order", schema: BulkResult } },
    errors: idempotencyErrors,
  },
  listJobs: {
    method: "GET",
    path: "/v1/jobs",
    tag: "jobs",
    scope: "read",
    summary: "List jobs, newest first",
    query: job.ListJobsQuery,
    responses: { 200: { description: "A page of jobs, without payloads", schema: job.JobPage } },
    errors: ["cursor_invalid", "instant_invalid"],
  },
  getJob: {
    method: "GET",
    path: "/v1/jobs/{jobId}",
    tag: "jobs",
    scope: "read",
    revisioned: true,
    summary: "Read a job",
    params: jobId,
    responses: { 200: { description: "The job", schema: job.Job } },
    errors: ["job_not_found"],
  },
  updateJob: {
    method: "PATCH",
    path: "/v1/jobs/{jobId}",
    tag: "jobs",
    scope: "write",
    revisioned: true,
    summary: "Change a job",
    description: "Makes a new revision. Runs already fired keep the revision they were fired with. Never fires a recurring job.",
    params: jobId,
    body: job.UpdateJob,
    responses: { 200: { description: "The job as it is now", schema: job.Job } },
    errors: [...definitionErrors, "job_not_found", "name_taken", "revision_mismatch"],
  },
  deleteJob: {
    method: "DELETE",
    path: "/v1/jobs/{jobId}",
    tag: "jobs",
    scope: "write",
    revisioned: true,
    summary: "Delete a job",
    description: "Cancels its runs that wait and lets finish those under way. Its runs can still be read until their retention ends.",
    params: jobId,
    responses: { 204: { description: "Deleted" } },
    errors: ["job_not_found", "revision_mismatch"],
  },
  getJobByName: {
    method: "GET",
    path: "/v1/jobs/by-name/{name}",
    tag: "jobs",
    scope: "read",
    revisioned: true,
    summary: "Read a job by its name",
    params: name,
    responses: { 200: { description: "The job", schema: job.Job } },
    errors: ["job_not_found"],
  },
  upsertJob: {
    method: "PUT",
    path: "/v1/jobs/by-name/{name}",
    tag: "jobs",
    scope: "write",
    revisioned: true,
    summary: "Create the job of this name, or make it so",
    description: "Replaces the whole definition. When nothing differs, nothing changes and the revision stays.",
    params: name,
    body: job.UpsertJob,
    responses: {
      200: { description: "It existed; this is how it is now", schema: job.Job },
      201: { description: "It was created", schema: job.Job },
    },
    errors: [...definitionErrors, "revision_mismatch"],
  },
  pauseJob: {
    method: "POST",
    path: "/v1/jobs/{jobId}/pause",
    tag: "jobs",
    scope: "write",
    revisioned: true,
    summary: "Stop firing a job",
    description: "Runs already fired go on. Pausing a paused job changes nothing.",
    params: jobId,
    body: job.PauseJob,
    bodyOptional: true,
    responses: { 200: { description: "The job", schema: job.Job } },
    errors: ["job_not_found", "revision_mismatch", "job_completed"],
  },
  resumeJob: {
    method: "POST",
    path: "/v1/jobs/{jobId}/resume",
    tag: "jobs",
    scope: "write",
    revisioned: true,
    summary: "Fire a paused job again",
    description: "From its next occurrence after now; what fell into the pause is not made up for. Resuming an active job changes nothing.",
    params: jobId,
    responses: { 200: { description: "The job", schema: job.Job } },
    errors: ["job_not_found", "revision_mismatch", "job_completed"],
  },
  triggerJob: {
    method: "POST",
    path: "/v1/jobs/{jobId}/trigger",
    tag: "jobs",
    scope: "write",
    idempotent: true,
    summary: "Run a job now, besides its schedule",
    description: "Works for paused and completed jobs too, and does not move the next occurrence.",
    params: jobId,
    body: job.TriggerJob,
    bodyOptional: true,
    responses: { 201: { description: "The run", schema: run.Run } },
    errors: ["job_not_found", "payload_too_large", ...idempotencyErrors],
  },
  cancelJobRuns: {
    method: "POST",
    path: "/v1/jobs/{jobId}/cancel",
    tag: "jobs",
    scope: "write",
    summary: "Cancel every live run of a job",
    description: "Those that wait end at once; those under way are asked to stop. The job itself goes on.",
    params: jobId,
    responses: { 200: { description: "How many", schema: job.CancelledRuns } },
    errors: ["job_not_found"],
  },
  listOccurrences: {
    method: "GET",
    path: "/v1/jobs/{jobId}/occurrences",
    tag: "jobs",
    scope: "read",
    summary: "A job's occurrences, past and to come",
    description: "Past ones as they were recorded, future ones computed from the current revision; none are listed as to come while the job is paused.",
    params: jobId,
    query: run.ListOccurrencesQuery,
    responses: { 200: { description: "Occurrences by nominal time", schema: run.OccurrencePage } },
    errors: ["job_not_found", "cursor_invalid", "instant_invalid"],
  },
  listRuns: {
    method: "GET",
    path: "/v1/runs",
    tag: "runs",
    scope: "read",
    summary: "Search runs, latest nominal time first",
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
    description: "One that waits ends at once. One under way is aborted by its node; its target may have acted already.",
    params: runId,
    responses: { 200: { description: "The run as it is now", schema: run.Run } },
    errors: ["run_not_found", "run_already_ended"],
  },
  previewSchedule: {
    method: "POST",
    path: "/v1/schedules/preview",
    tag: "schedules",
    scope: "read",
    summary: "When would this schedule fire?",
    body: PreviewRequest,
    responses: { 200: { description: "The next occurrences", schema: Preview } },
    errors: scheduleErrors,
  },
});

export type Routes = typeof routes;
export type OperationId = keyof Routes;

/** The status codes an operation may answer with success. */
export type SuccessStatus<K extends OperationId> = keyof Routes[K]["responses"] & number;
type SchemaOf<K extends OperationId, F extends "params" | "query" | "body"> = Routes[K] extends { [P in F]: infer S extends TSchema } ? Static<S> : undefined;
export type Params<K extends OperationId> = SchemaOf<K, "params">;
export type Query<K extends OperationId> = SchemaOf<K, "query">;
export type Body<K extends OperationId> = SchemaOf<K, "body">;
type ResponseOf<R> = R extends { schema: infer S extends TSchema } ? Static<S> : undefined;
/** The body of an operation's success. */
export type Answer<K extends OperationId> = ResponseOf<Routes[K]["responses"][keyof Routes[K]["responses"]]>;

/** Codes that any route may answer; the OpenAPI document adds them to each. */
export const commonErrors = [
  "request_malformed",
  "json_too_deep",
  "unauthorized",
  "forbidden",
  "body_too_large",
  "media_type_unsupported",
  "request_invalid",
  "internal",
  "unavailable",
  "shutting_down",
] as const satisfies readonly ErrorCode[];
