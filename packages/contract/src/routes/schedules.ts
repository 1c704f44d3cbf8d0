import { Forecast, ForecastRequest } from "../schemas/forecast.ts";
import { ExplainRequest, Explanation, LintRequest, LintResult, Preview, PreviewRequest } from "../schemas/schedule.ts";
import { DiffRequest, ScheduleDiff } from "../schemas/schedule-diff.ts";
import type { Route } from "./route.ts";
import { scheduleErrors } from "./shared-errors.ts";

/** Questions about schedules; none of them needs a job, and none changes anything. */
export const scheduleRoutes = {
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
  explainSchedule: {
    method: "POST",
    path: "/v1/schedules/explain",
    tag: "schedules",
    scope: "read",
    summary: "Why does this schedule fire at a time, or not?",
    body: ExplainRequest,
    responses: { 200: { description: "What was looked at, and what did not hold", schema: Explanation } },
    errors: scheduleErrors,
  },
  lintSchedule: {
    method: "POST",
    path: "/v1/schedules/lint",
    tag: "schedules",
    scope: "read",
    summary: "What may surprise the author of this schedule?",
    body: LintRequest,
    responses: { 200: { description: "Findings, with a suggestion each", schema: LintResult } },
    errors: scheduleErrors,
  },
  diffSchedules: {
    method: "POST",
    path: "/v1/schedules/diff",
    tag: "schedules",
    scope: "read",
    summary: "What would change if one schedule replaced another?",
    body: DiffRequest,
    responses: {
      200: { description: "Their next occurrences: those of both, of the old one only, of the new one only", schema: ScheduleDiff },
    },
    errors: scheduleErrors,
  },
  forecastLoad: {
    method: "POST",
    path: "/v1/schedules/forecast",
    tag: "schedules",
    scope: "read",
    summary: "How many occurrences will the tenant's jobs have, minute by minute?",
    description:
      "Counts the occurrences of all active jobs when they would start, with spread and jitter. A fixed delay is counted as if runs took no time; limits of queues, pauses to come and retries are not foreseen.",
    body: ForecastRequest,
    responses: { 200: { description: "The load, bucket by bucket", schema: Forecast } },
    errors: ["duration_invalid", "instant_invalid"],
  },
} as const satisfies Record<string, Route>;
