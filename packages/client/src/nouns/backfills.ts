import type { Backfill, BackfillPage, BackfillPlan, CreateBackfillBody, ListBackfillsQuery } from "@punctual/contract";
import type { Call } from "../call.ts";
import { iteratePages } from "../pages.ts";

type Range = Omit<CreateBackfillBody, "dryRun">;

/** Occurrences of the past that are made up for. Every function throws PunctualApiError. */
export function createBackfills(call: Call) {
  const list = (query: ListBackfillsQuery = {}): Promise<BackfillPage> => call("listBackfills", { query });
  return {
    /** Carries out the occurrences of a past range that have not run, oldest first. */
    create: async (jobId: string, body: Range, { idempotencyKey }: { idempotencyKey?: string } = {}): Promise<Backfill> =>
      (await call("createBackfill", { params: { jobId }, body, idempotencyKey })) as Backfill,
    /** How many occurrences that would be; makes nothing. */
    plan: async (jobId: string, body: Range): Promise<BackfillPlan> =>
      (await call("createBackfill", { params: { jobId }, body: { ...body, dryRun: true } })) as BackfillPlan,
    /** One page, newest first. */
    list,
    /** Every backfill that matches, page after page. */
    iterate: (query: ListBackfillsQuery = {}): AsyncGenerator<Backfill, void, undefined> => iteratePages(list, query),
    get: (backfillId: string): Promise<Backfill> => call("getBackfill", { params: { backfillId } }),
    pause: (backfillId: string): Promise<Backfill> => call("pauseBackfill", { params: { backfillId } }),
    resume: (backfillId: string): Promise<Backfill> => call("resumeBackfill", { params: { backfillId } }),
    /** Cancels its runs that have not begun too, unless `keepRuns`. */
    cancel: (backfillId: string, body: { keepRuns?: boolean } = {}): Promise<Backfill> =>
      call("cancelBackfill", { params: { backfillId }, body }),
  };
}
