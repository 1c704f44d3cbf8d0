import type { Occurrence } from "@punctual/contract";
import { acceptInstant, type JobDefinition, planOf } from "../model/job-definition.ts";
import { readClock } from "../store/clock.ts";
import type { JobRow } from "../store/jobs.ts";
import { listRuns, type RunRow } from "../store/runs.ts";
import type { Operation } from "./operation.ts";
import { pageCursor } from "./page-cursor.ts";
import { requireJob } from "./require-job.ts";
import { instant } from "./views.ts";

const defaultPage = 50;

/**
 * Recorded occurrences, then those to come. The border is the job's cursor: everything before it has been recorded, everything from it on has not, so no
 * occurrence can appear twice or fall between.
 */
export const listOccurrences: Operation<"listOccurrences"> = async (context, { params, query }) => {
  const job = await requireJob(context, params.jobId);
  const { cursor, limit = defaultPage, from, to } = query;
  const pages = pageCursor(context.tenantId, "occurrences", [job.job_id, from, to]);
  const past = pages.read(cursor);
  const fromMs = past !== null ? Number(past) + 1 : from === undefined ? await readClock(context.db) : acceptInstant(from, "from");
  const toMs = to === undefined ? Number.POSITIVE_INFINITY : acceptInstant(to, "to");
  const recorded = await listRuns(
    context.db,
    context.tenantId,
    { jobId: job.job_id, kind: "scheduled", fromMs, ...(Number.isFinite(toMs) && { toMs }) },
    { pastId: null, limit: limit + 1, order: "asc" },
  );
  const items = [...recorded.map(recordedView), ...toCome(job, fromMs, toMs, limit + 1 - recorded.length)];
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { status: 200, body: { items: page, nextCursor: pages.after(items.length > limit && last ? String(Date.parse(last.nominalAt)) : null) } };
};

function recordedView(run: RunRow): Occurrence {
  return { nominalAt: instant(run.nominal_ms), status: run.state, runId: run.run_id, reason: run.reason };
}

function toCome(job: JobRow, fromMs: number, toMs: number, limit: number): Occurrence[] {
  const items: Occurrence[] = [];
  if (job.next_ms === null) return items;
  const plan = planOf(JSON.parse(job.definition) as JobDefinition);
  let left = plan.maxRuns === null ? Number.POSITIVE_INFINITY : plan.maxRuns - (job.fired ?? 0);
  let next: number | null = job.next_ms;
  // With maxRuns the occurrences before `from` count too, so they are walked; without, the search starts at `from`.
  if (plan.maxRuns === null && next < fromMs) next = plan.schedule.next(fromMs - 1);
  for (; next !== null && next < toMs && items.length < limit && left > 0; next = plan.schedule.next(next), left--) {
    if (next >= fromMs) items.push({ nominalAt: instant(next), status: "scheduled", runId: null, reason: null });
  }
  return items;
}
