import { type Occurrence, PunctualError } from "@punctual/contract";
import { type JobDefinition, planOf } from "../model/job-definition.ts";
import { acceptInstant } from "../model/job-schedule.ts";
import { readClock } from "../store/clock.ts";
import type { JobRow } from "../store/jobs.ts";
import { listOccurrenceRuns, type RunRow } from "../store/runs.ts";
import type { Operation } from "./operation.ts";
import { pageCursor } from "./page-cursor.ts";
import { requireJob } from "./require-job.ts";
import { instant } from "./views.ts";

const defaultPage = 50;
/** About 100 ms of counting; a schedule may have two thousand million occurrences. */
const farthestWalk = 100_000;

/**
 * Recorded occurrences, then those to come. The border is the job's cursor: everything before it has been recorded, so that none can fall between. What is
 * fired after the cursor was read is recorded too, and left out of those to come.
 */
export const listOccurrences: Operation<"listOccurrences"> = async (context, { params, query }) => {
  const job = await requireJob(context, params.jobId);
  const { cursor, limit = defaultPage, from, to } = query;
  const pages = pageCursor(context.tenantId, "occurrences", [job.job_id, from, to]);
  const past = pages.read(cursor);
  const fromMs = past !== null ? Number(past) + 1 : from === undefined ? await readClock(context.db) : acceptInstant(from, "from");
  const toMs = to === undefined ? Number.POSITIVE_INFINITY : acceptInstant(to, "to");
  const range = { fromMs, toMs: Number.isFinite(toMs) ? toMs : null };
  const recorded = await listOccurrenceRuns(context.db, context.tenantId, job.job_id, range, limit + 1);
  const known = new Set(recorded.map((run) => run.nominal_ms));
  const items = [...recorded.map(recordedView), ...toCome(job, fromMs, toMs, limit + 1 - recorded.length, known)];
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return {
    status: 200,
    body: { items: page, nextCursor: pages.after(items.length > limit && last ? String(Date.parse(last.nominalAt)) : null) },
  };
};

function recordedView(run: RunRow): Occurrence {
  return { nominalAt: instant(run.nominal_ms), status: run.state, runId: run.run_id, reason: run.reason };
}

/** @param recorded nominal times that were fired after the job was read: they are listed already, but count against maxRuns */
function toCome(job: JobRow, fromMs: number, toMs: number, limit: number, recorded: ReadonlySet<number>): Occurrence[] {
  const items: Occurrence[] = [];
  if (job.next_ms === null) return items;
  const plan = planOf(JSON.parse(job.definition) as JobDefinition, job.job_id);
  let left = plan.maxRuns === null ? Number.POSITIVE_INFINITY : plan.maxRuns - (job.fired ?? 0);
  let next: number | null = job.next_ms;
  // With maxRuns the occurrences before `from` count too, so they are walked; without, the search starts at `from`.
  if (plan.maxRuns === null && next < fromMs) next = plan.schedule.next(fromMs - 1);
  let walked = 0;
  // With a fixed delay, when a further one comes depends on runs that have not ended.
  if (plan.afterCompletionMs !== null) left = Math.min(left, 1);
  for (; next !== null && next < toMs && items.length < limit && left > 0; next = plan.schedule.next(next), left--) {
    if (next < fromMs && ++walked > farthestWalk) throw fromTooFar();
    if (next >= fromMs && !recorded.has(next)) items.push({ nominalAt: instant(next), status: "scheduled", runId: null, reason: null });
  }
  return items;
}

function fromTooFar(): PunctualError {
  const message = `More than ${farthestWalk} occurrences lie before this time; with maxRuns they are counted one by one.`;
  return new PunctualError("request_invalid", message, { faults: [{ pointer: "from", message, remedy: "Ask for an earlier time." }] });
}
