import type { LeaseResult, WorkerDesk } from "../../commands/workers/desk.ts";
import type { Database } from "../../store/database.ts";
import { type AttemptResult, settle } from "../../store/dispatching.ts";
import { extendLeases, type HeldLease, readAcceptedRun, readHeldLeases } from "../../store/leasing.ts";
import { appendLogs } from "../../store/run-logs.ts";
import type { Emit } from "../../telemetry/events.ts";
import type { FollowUp } from "../follow-up.ts";
import { type CachedPlan, type PlanCache, planKey } from "../plan-cache.ts";
import { lateResult, type ToldResult, toldResult } from "./result.ts";

/** A completion meets the node that is just writing down the 202: then it reads again whose the run is now. */
const tries = 3;

export type CompletingOptions = {
  db: Database;
  plans: PlanCache;
  emit: Emit;
  followUp: FollowUp;
  /** These runs were ended, or wait for their next attempt: a queue may have room. */
  onSettled: (shards: readonly number[]) => void;
};

/** Settles the runs that workers and receivers have done. At once, not with the settler's next batch: they wait for the answer, and bring batches themselves. */
export function createCompleting({
  db,
  plans,
  emit,
  followUp,
  onSettled,
}: CompletingOptions): Pick<WorkerDesk, "beat" | "complete" | "completeAccepted"> {
  const plansOf = (runs: readonly HeldLease[]): Promise<Map<string, CachedPlan>> =>
    plans.get(runs.map((run) => ({ jobId: run.job_id, revision: run.revision })));

  const write = async (
    results: readonly AttemptResult[],
    runs: ReadonlyMap<string, HeldLease>,
    known: ReadonlyMap<string, CachedPlan>,
  ): Promise<Set<string>> => {
    const kept = await settle(db, results);
    for (const result of results) {
      const run = runs.get(result.runId);
      if (!run || !kept.has(result.runId)) continue;
      const { shard, next } = result;
      followUp({ shard, jobId: run.job_id, revision: run.revision }, known.get(planKey(run.job_id, run.revision)), next);
      emit({
        type: "attempt_ended",
        runId: result.runId,
        jobId: run.job_id,
        tenantId: run.tenant_id,
        attempt: result.attempt,
        next: result.next,
        failureClass: result.evidence?.failureClass ?? null,
        lagMs: result.attempt === 1 && run.worker !== null ? run.held_ms - run.nominal_ms : null,
        durationMs: result.evidence?.durationMs ?? 0,
      });
    }
    if (kept.size > 0) onSettled([...new Set(results.map((result) => result.shard))]);
    return kept;
  };

  return {
    // Lines first: a line that is written twice, as the answer was lost, is better than one that goes with the lease.
    async beat(beats) {
      await appendLogs(db, beats);
      return extendLeases(db, beats);
    },

    async complete(results) {
      await appendLogs(db, results);
      const { held, nowMs } = await readHeldLeases(db, results);
      const known = await plansOf([...held.values()]);
      const settled = new Map<string, ToldResult>();
      const late: LeaseResult[] = [];
      for (const result of results) {
        const run = held.get(result.runId);
        const { holder, attempt } = result;
        if (run) settled.set(result.runId, toldResult(run, { holder, attempt }, result, known.get(planKey(run.job_id, run.revision))));
        else late.push(result);
      }
      const kept = await write([...settled.values(), ...late.map((result) => lateResult(result, result, nowMs))], held, known);
      return new Map([...settled].filter(([runId]) => kept.has(runId)).map(([runId, { next }]) => [runId, next]));
    },

    async completeAccepted(runId, grant, told) {
      for (let attempt = 1; attempt <= tries; attempt++) {
        const run = await readAcceptedRun(db, runId, grant.attempt);
        if (!run || run.now > grant.expiresMs) return null;
        const known = await plansOf([run]);
        const held = { holder: run.holder, attempt: grant.attempt };
        const result = { ...toldResult(run, held, told, known.get(planKey(run.job_id, run.revision))), toldAgain: attempt < tries };
        if ((await write([result], new Map([[runId, run]]), known)).has(runId)) return result.next;
      }
      return null;
    },
  };
}
