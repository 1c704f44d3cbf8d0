import { type DeadLetter, type DeadLetterDetail, limits, PunctualError } from "@punctual/contract";
import type { JobDefinition } from "../model/job-definition.ts";
import { wireBody } from "../model/wire-body.ts";
import { countDeadLetters as countRows, findDeadLetters, mostToLookAt } from "../store/dead-letter-search.ts";
import { type DeadLetterRow, readDeadLetters } from "../store/dead-letters.ts";
import { type PlanRow, readPlans } from "../store/plans.ts";
import { readRunPayload } from "../store/retrying.ts";
import { type AttemptRow, readAttempts } from "../store/runs.ts";
import { acceptFilter } from "./dead-letter-filter.ts";
import type { Guests } from "./guests.ts";
import type { CommandContext, Operation } from "./operation.ts";
import { pageCursor } from "./page-cursor.ts";
import { requireRun } from "./read-runs.ts";
import { attemptView, instant, instantOrNull } from "./views.ts";

const defaultPage = 50;

export function listDeadLetters(guests: Guests): Operation<"listDeadLetters"> {
  return async (context, { query }) => {
    const { cursor, limit = defaultPage, resolved = false, ...filter } = query;
    const filters = acceptFilter(context.tenantId, filter);
    const pages = pageCursor(context.tenantId, "dead_letters", { ...filters, resolved });
    const look = { pastId: pages.read(cursor), order: "desc", resolved, limit, most: mostToLookAt(filters) } as const;
    const { ids, stopId } = await findDeadLetters(context.db, context.tenantId, filters, look);
    const rows = await readDeadLetters(context.db, context.tenantId, ids);
    return { status: 200, body: { items: await deadLetterViews(context, guests, rows), nextCursor: pages.after(stopId) } };
  };
}

export const countDeadLetters: Operation<"countDeadLetters"> = async (context, { query }) => {
  const filters = acceptFilter(context.tenantId, query);
  return { status: 200, body: await countRows(context.db, context.tenantId, filters, limits.deadLettersCounted) };
};

export function getDeadLetter(guests: Guests): Operation<"getDeadLetter"> {
  return async (context, { params }) => {
    const row = await requireDeadLetter(context, params.runId);
    const plan = (await plansOf(context, [row])).get(planKey(row));
    const attempts = await readAttempts(context.db, row.run_id);
    const last = attempts.findLast((attempt) => !attempt.late);
    const payload = await readRunPayload(context.db, row.run_id);
    const letter = deadLetterView(guests, row, plan);
    return {
      status: 200,
      body: {
        ...letter,
        attempts: attempts.map(attemptView),
        lastRequest: plan && last ? requestOf(guests, row, plan, last, payload) : null,
        lastResponse: last ? responseOf(last) : null,
      },
    };
  };
}

/** @throws PunctualError run_not_found, also for another tenant's run, and dead_letter_not_found for one that is not dead */
export async function requireDeadLetter(context: CommandContext, runId: string): Promise<DeadLetterRow> {
  const [row] = await readDeadLetters(context.db, context.tenantId, [runId.toLowerCase()]);
  if (row) return row;
  const { run_id: id, state } = await requireRun(context, runId);
  throw new PunctualError("dead_letter_not_found", `Run ${id} is ${state}, not dead.`);
}

export async function deadLetterViews(context: CommandContext, guests: Guests, rows: readonly DeadLetterRow[]): Promise<DeadLetter[]> {
  const plans = await plansOf(context, rows);
  return rows.map((row) => deadLetterView(guests, row, plans.get(planKey(row))));
}

/** The revisions that these runs were fired with, each read once. */
export async function plansOf(context: CommandContext, rows: readonly DeadLetterRow[]): Promise<ReadonlyMap<string, PlanRow>> {
  const wanted = new Map(rows.map((row) => [planKey(row), { jobId: row.job_id, revision: row.revision }]));
  const plans = await readPlans(context.db, [...wanted.values()]);
  return new Map(plans.map((plan) => [planKey(plan), plan]));
}

export function planKey({ job_id: jobId, revision }: { job_id: string; revision: number }): string {
  return `${jobId}/${revision}`;
}

function targetOf(plan: PlanRow): JobDefinition["target"] {
  return (JSON.parse(plan.definition) as JobDefinition).target;
}

function deadLetterView(guests: Guests, row: DeadLetterRow, plan: PlanRow | undefined): DeadLetter {
  return {
    runId: row.run_id,
    jobId: row.job_id,
    jobName: row.job_name,
    revision: row.revision,
    kind: row.kind,
    nominalAt: instant(row.nominal_ms),
    diedAt: instant(row.died_ms),
    attempt: row.attempt,
    target: plan ? guests.originOf(targetOf(plan)) : "",
    queue: row.queue,
    failureClass: row.failure_class,
    statusCode: row.status_code,
    error: row.error,
    reason: row.reason,
    note: row.note,
    resolvedAt: instantOrNull(row.resolved_ms),
    resolvedBy: row.resolved_by,
    resolution: row.resolution,
  };
}

function requestOf(
  guests: Guests,
  row: DeadLetterRow,
  plan: PlanRow,
  last: AttemptRow,
  payload: string | null,
): DeadLetterDetail["lastRequest"] {
  return guests.describe(targetOf(plan), {
    runId: row.run_id,
    jobId: row.job_id,
    jobName: plan.name,
    number: last.attempt,
    startedMs: last.started_ms,
    nominalMs: row.nominal_ms,
    ...wireBody(payload ?? plan.payload),
  });
}

function responseOf({ status_code, output, output_truncated }: AttemptRow): DeadLetterDetail["lastResponse"] {
  return status_code === null && output === null ? null : { statusCode: status_code, output, outputTruncated: output_truncated };
}
