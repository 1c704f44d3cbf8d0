import type { AfterCompletion, LeaseResult, WorkerDesk } from "../../commands/workers/desk.ts";
import { shardOf } from "../../model/ids.ts";
import type { Database } from "../../store/database.ts";
import { type AttemptResult, settle } from "../../store/dispatching.ts";
import {
  type EndedLease,
  extendLeases,
  type HeldLease,
  type LeasedSuccess,
  readAcceptedRun,
  readHeldLeases,
  settleLeased,
} from "../../store/leasing.ts";
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
  const plansOf = (runs: readonly EndedLease[]): Promise<Map<string, CachedPlan>> =>
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

  /** Successes at once, which are nearly all there is, in one statement instead of a look at the runs and then a settle. @returns the runs that are ended by it */
  const endSucceeded = async (results: readonly LeasedSuccess[]): Promise<Set<string>> => {
    const ended = results.length === 0 ? [] : await settleLeased(db, results);
    if (ended.length === 0) return new Set();
    // The runs have ended, whatever comes now: what a plan is needed for is then left to the sweeps.
    const known = await plansOf(ended).catch(() => new Map<string, CachedPlan>());
    for (const run of ended) {
      const { run_id: runId, job_id: jobId, tenant_id: tenantId, revision, held_ms: heldMs } = run;
      followUp({ shard: shardOf(runId), jobId, revision }, known.get(planKey(jobId, revision)), "succeeded");
      const times = { lagMs: heldMs - run.nominal_ms, durationMs: Math.max(0, run.now - heldMs) };
      emit({ type: "attempt_ended", runId, jobId, tenantId, attempt: 1, next: "succeeded", failureClass: null, ...times });
    }
    onSettled([...new Set(ended.map((run) => shardOf(run.run_id)))]);
    return new Set(ended.map((run) => run.run_id));
  };

  /** Whatever else became of runs, and what comes too late. */
  const endOthers = async (results: readonly LeaseResult[]): Promise<Map<string, AfterCompletion>> => {
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
  };

  return {
    // Lines first: a line that is written twice, as the answer was lost, is better than one that goes with the lease.
    async beat(beats) {
      await appendLogs(db, beats);
      return extendLeases(db, beats);
    },

    async complete(results) {
      await appendLogs(db, results);
      const became = new Map<string, AfterCompletion>();
      for (const runId of await endSucceeded(results.filter(isSuccessAtOnce))) became.set(runId, "succeeded");
      const others = results.filter(({ runId }) => !became.has(runId));
      if (others.length > 0) for (const [runId, next] of await endOthers(others)) became.set(runId, next);
      return became;
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

const isSuccessAtOnce = ({ outcome, attempt }: LeaseResult): boolean => outcome === "succeeded" && attempt === 1;
