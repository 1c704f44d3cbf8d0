import type {
  Body,
  BulkResult,
  CancelledRuns,
  CreateJobBody,
  Job,
  JobDeletion,
  JobExplanation,
  JobPage,
  ListJobsQuery,
  Occurrence,
  OccurrencePage,
  Query,
  Run,
  UpdateJobBody,
  UpsertJobBody,
} from "@punctual/contract";
import { sendBulk } from "../bulk.ts";
import type { Call } from "../call.ts";
import { iteratePages } from "../pages.ts";

/** Makes a request safe to send twice: the server keeps the answer for 24 hours under this key. */
type Keyed = { idempotencyKey?: string };
/** Refused with `revision_mismatch` unless this revision is the current one. Default: whichever is current. */
type Revised = { ifMatch?: number };
type OccurrencesQuery = NonNullable<Query<"listOccurrences">>;

/** Everything about jobs. Every function throws PunctualApiError. */
export function createJobs(call: Call) {
  const list = (query: ListJobsQuery = {}): Promise<JobPage> => call("listJobs", { query });
  const occurrences = (jobId: string, query: OccurrencesQuery = {}): Promise<OccurrencePage> =>
    call("listOccurrences", { params: { jobId }, query });

  return {
    create: (body: CreateJobBody, { idempotencyKey }: Keyed = {}): Promise<Job> => call("createJob", { body, idempotencyKey }),
    /** One page, newest jobs first, or by name with `namePrefix`; a short or empty one is not the last while it has a `nextCursor`. */
    list,
    /** Every job that matches, page after page. */
    iterate: (query: ListJobsQuery = {}): AsyncGenerator<Job, void, undefined> => iteratePages(list, query),
    get: (jobId: string): Promise<Job> => call("getJob", { params: { jobId } }),
    getByName: (name: string): Promise<Job> => call("getJobByName", { params: { name } }),
    /** Changes the fields given and leaves the others; null removes one. */
    update: (jobId: string, body: UpdateJobBody, { ifMatch }: Revised = {}): Promise<Job> =>
      call("updateJob", { params: { jobId }, body, ifMatch }),
    /** Creates the job of this name or replaces its whole definition; when nothing differs, its revision stays. */
    upsert: (name: string, body: UpsertJobBody, { ifMatch }: Revised = {}): Promise<Job> =>
      call("upsertJob", { params: { name }, body, ifMatch }),
    pause: (jobId: string, body: { reason?: string } = {}, { ifMatch }: Revised = {}): Promise<Job> =>
      call("pauseJob", { params: { jobId }, body, ifMatch }),
    resume: (jobId: string, { ifMatch }: Revised = {}): Promise<Job> => call("resumeJob", { params: { jobId }, ifMatch }),
    /** A run now, besides the schedule. `payload`, `priority` and `concurrencyKey` replace the job's for this run. */
    trigger: (
      jobId: string,
      body: Omit<NonNullable<Body<"triggerJob">>, "idempotencyKey"> = {},
      { idempotencyKey }: Keyed = {},
    ): Promise<Run> => call("triggerJob", { params: { jobId }, body, idempotencyKey }),
    /** Cancels every run that is not over; the job goes on. */
    cancelRuns: (jobId: string, body: { reason?: string } = {}): Promise<CancelledRuns> =>
      call("cancelJobRuns", { params: { jobId }, body }),
    /** By default its runs that wait are cancelled and those under way finish; `cancel` stops these too, `keep` lets both run. */
    delete: (jobId: string, { ifMatch, runs }: Revised & { runs?: JobDeletion } = {}): Promise<void> =>
      call("deleteJob", { params: { jobId }, query: { runs }, ifMatch }),
    /** One page of occurrences by nominal time. */
    occurrences,
    /** Every occurrence, page after page; without `to` a recurring job has no last one. */
    iterateOccurrences: (jobId: string, query: OccurrencesQuery = {}): AsyncGenerator<Occurrence, void, undefined> =>
      iteratePages((page: OccurrencesQuery) => occurrences(jobId, page), query),
    /** Why it ran at a time, or did not; `at` is an ISO 8601 time, to the millisecond. */
    explain: (jobId: string, at: string): Promise<JobExplanation> => call("explainJob", { params: { jobId }, query: { at } }),
    /** Creates any number of jobs, 1,000 a request; each is judged on its own. */
    bulk: (jobs: readonly CreateJobBody[], { idempotencyKey }: Keyed = {}): Promise<BulkResult> =>
      sendBulk(jobs, (part, index) =>
        call("createJobsBulk", {
          body: { jobs: part },
          // One key a request: the parts differ, and a key belongs to one body.
          idempotencyKey: idempotencyKey === undefined ? undefined : `${idempotencyKey}-${index + 1}`,
        }),
      ),
  };
}
