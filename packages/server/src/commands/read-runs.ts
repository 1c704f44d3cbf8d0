import { PunctualError } from "@punctual/contract";
import { timeOf } from "../model/ids.ts";
import { searchRuns } from "../store/run-search.ts";
import { findRun, type RunRow, readAttempts } from "../store/runs.ts";
import type { CommandContext, Operation } from "./operation.ts";
import { pageCursor } from "./page-cursor.ts";
import { runFilters } from "./run-filters.ts";
import { attemptView, instant, runView, targetMayHaveSeen } from "./views.ts";

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
  const { cursor, limit = defaultPage, ...filters } = query;
  const pages = pageCursor(context.tenantId, "runs", filters);
  const page = { below: pages.read(cursor), limit };
  const { rows, nextBelow, stopped } = await searchRuns(context.db, context.tenantId, runFilters(context.tenantId, filters), page);
  return {
    status: 200,
    body: {
      items: rows.map(runView),
      nextCursor: pages.after(nextBelow),
      searchedTo: stopped && nextBelow !== null ? instant(timeOf(nextBelow)) : null,
    },
  };
};
