import { PunctualError } from "@punctual/contract";
import { acceptInstant } from "../model/job-schedule.ts";
import { findRun, listRuns as listRows, type RunFilters, type RunRow, readAttempts } from "../store/runs.ts";
import type { CommandContext, Operation } from "./operation.ts";
import { cutPage, pageCursor } from "./page-cursor.ts";
import { attemptView, runView, targetMayHaveSeen } from "./views.ts";

const defaultPage = 50;

/** @throws PunctualError run_not_found, also for another tenant's run */
export async function requireRun(context: CommandContext, runId: string): Promise<RunRow> {
  const run = await findRun(context.db, context.tenantId, runId.toLowerCase());
  if (!run) throw new PunctualError("run_not_found", `There is no run ${runId}.`);
  return run;
}

export const getRun: Operation<"getRun"> = async (context, { params }) => {
  const run = await requireRun(context, params.runId);
  const attempts = await readAttempts(context.db, run.run_id);
  return {
    status: 200,
    body: { ...runView(run), targetMayHaveSeen: targetMayHaveSeen(run, attempts), attempts: attempts.map(attemptView) },
  };
};

export const listRuns: Operation<"listRuns"> = async (context, { query }) => {
  const { cursor, limit = defaultPage, jobId, status, from, to } = query;
  const filters: RunFilters = {
    ...(jobId !== undefined && { jobId: jobId.toLowerCase() }),
    ...(status !== undefined && { state: status }),
    ...(from !== undefined && { fromMs: acceptInstant(from, "from") }),
    ...(to !== undefined && { toMs: acceptInstant(to, "to") }),
  };
  const pages = pageCursor(context.tenantId, "runs", filters);
  const found = await listRows(context.db, context.tenantId, filters, { pastId: pages.read(cursor), limit: limit + 1, order: "desc" });
  const { rows, lastKey } = cutPage(found, limit, (row) => row.run_id);
  return { status: 200, body: { items: rows.map(runView), nextCursor: pages.after(lastKey) } };
};
