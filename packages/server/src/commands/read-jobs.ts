import { acceptInstant } from "../model/job-schedule.ts";
import type { JobFilters } from "../store/job-filters.ts";
import { listJobs as listRows } from "../store/job-list.ts";
import { findJobByName } from "../store/jobs.ts";
import { parseLabel } from "./label-filter.ts";
import type { Operation } from "./operation.ts";
import { pageCursor } from "./page-cursor.ts";
import { jobNotFound, requireJob } from "./require-job.ts";
import { jobView } from "./views.ts";

const defaultPage = 50;

export const getJob: Operation<"getJob"> = async (context, { params }) => {
  const job = await requireJob(context, params.jobId);
  return { status: 200, body: jobView(job, { withPayload: true }), revision: job.revision };
};

export const getJobByName: Operation<"getJobByName"> = async (context, { params }) => {
  const job = await findJobByName(context.db, context.tenantId, params.name);
  if (!job) throw jobNotFound(`named ${JSON.stringify(params.name)}`);
  return { status: 200, body: jobView(job, { withPayload: true }), revision: job.revision };
};

export const listJobs: Operation<"listJobs"> = async (context, { query }) => {
  const { cursor, limit = defaultPage, status, namePrefix, targetType, label = [], nextRunFrom, nextRunTo } = query;
  const filters: JobFilters = {
    labels: label.map(parseLabel),
    ...(status !== undefined && { status }),
    ...(namePrefix !== undefined && { namePrefix }),
    ...(targetType !== undefined && { targetType }),
    ...(nextRunFrom !== undefined && { nextFromMs: acceptInstant(nextRunFrom, "nextRunFrom") }),
    ...(nextRunTo !== undefined && { nextToMs: acceptInstant(nextRunTo, "nextRunTo") }),
  };
  const pages = pageCursor(context.tenantId, namePrefix === undefined ? "jobs" : "named_jobs", filters);
  const { rows, nextAfter } = await listRows(context.db, context.tenantId, filters, { after: pages.read(cursor), limit });
  return { status: 200, body: { items: rows.map((row) => jobView(row, { withPayload: false })), nextCursor: pages.after(nextAfter) } };
};
