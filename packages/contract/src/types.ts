import type { Static } from "typebox";
import type * as bulk from "./schemas/bulk.ts";
import type * as job from "./schemas/job.ts";
import type * as problem from "./schemas/problem.ts";
import type * as run from "./schemas/run.ts";
import type * as schedule from "./schemas/schedule.ts";
import type * as target from "./schemas/target.ts";

export type CreateJobBody = Static<typeof job.CreateJob>;
export type UpsertJobBody = Static<typeof job.UpsertJob>;
/** Every field of CreateJob but the idempotency key; null removes one. */
export type UpdateJobBody = { [K in keyof Omit<CreateJobBody, "idempotencyKey">]?: CreateJobBody[K] | null };
export type Job = Static<typeof job.Job>;
export type JobStatus = (typeof job.jobStatuses)[number];
export type JobPage = Static<typeof job.JobPage>;
export type ListJobsQuery = Static<typeof job.ListJobsQuery>;
export type CancelledRuns = Static<typeof job.CancelledRuns>;
export type BulkResult = Static<typeof bulk.BulkResult>;
export type Run = Static<typeof run.Run>;
export type RunWithAttempts = Static<typeof run.RunWithAttempts>;
export type RunPage = Static<typeof run.RunPage>;
export type ListRunsQuery = Static<typeof run.ListRunsQuery>;
export type Attempt = Static<typeof run.Attempt>;
export type AttemptOutcomeName = (typeof run.attemptOutcomes)[number];
export type Occurrence = Static<typeof run.Occurrence>;
export type OccurrencePage = Static<typeof run.OccurrencePage>;
/** The schedule fields of a request. */
export type ScheduleBody = Pick<CreateJobBody, keyof typeof schedule.scheduleFields>;
export type PreviewRequest = Static<typeof schedule.PreviewRequest>;
export type ExplainRequest = Static<typeof schedule.ExplainRequest>;
export type Explanation = Static<typeof schedule.Explanation>;
export type LintRequest = Static<typeof schedule.LintRequest>;
export type LintResult = Static<typeof schedule.LintResult>;
export type Preview = Static<typeof schedule.Preview>;
export type HttpTarget = Static<typeof target.HttpTarget>;
export type Target = Static<typeof target.Target>;
export type Problem = Static<typeof problem.Problem>;
