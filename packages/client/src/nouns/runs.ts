import type { ListRunLogsQuery, ListRunsQuery, Run, RunLogPage, RunPage, RunWithAttempts } from "@punctual/contract";
import type { Call } from "../call.ts";
import { iteratePages } from "../pages.ts";

/** Everything about runs. Every function throws PunctualApiError. */
export function createRuns(call: Call) {
  const list = (query: ListRunsQuery = {}): Promise<RunPage> => call("listRuns", { query });
  return {
    /** One page, latest nominal time first. */
    list,
    /** Every run that matches, page after page. */
    iterate: (query: ListRunsQuery = {}): AsyncGenerator<Run, void, undefined> => iteratePages(list, query),
    /** With its attempts. */
    get: (runId: string): Promise<RunWithAttempts> => call("getRun", { params: { runId } }),
    /** Gives a dead or cancelled run another attempt, at once. */
    retry: (runId: string): Promise<Run> => call("retryRun", { params: { runId } }),
    /** A new run of the same job and payload; `rerunOf` names this one. */
    runAgain: (runId: string): Promise<Run> => call("runAgain", { params: { runId } }),
    /** One that waits ends at once; one under way is aborted within 2 s. `reason` is kept with it. */
    cancel: (runId: string, body: { reason?: string } = {}): Promise<Run> => call("cancelRun", { params: { runId }, body }),
    /** A page of what its worker has logged, in order. With `follow: "true"` a run that is live always has a nextCursor, to ask for what is still to come. */
    logs: (runId: string, query: ListRunLogsQuery = {}): Promise<RunLogPage> => call("listRunLogs", { params: { runId }, query }),
  };
}
