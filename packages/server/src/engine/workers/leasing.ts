import type { GrantedLease, LeaseWish } from "../../commands/workers/desk.ts";
import { attemptLimitMs } from "../../model/retry.ts";
import type { Database } from "../../store/database.ts";
import { type AttemptResult, type ClaimedRun, settle } from "../../store/dispatching.ts";
import { extendLeases, nextHolders } from "../../store/leasing.ts";
import { claimFromQueue, giveTokensBack } from "../../store/queue-claims.ts";
import { unbegun } from "../executor.ts";
import type { FollowUp } from "../follow-up.ts";
import { type CachedPlan, type PlanCache, planKey } from "../plan-cache.ts";
import { tooLateResult } from "./result.ts";

/** A run that was claimed for a worker under a holder of its own, and the queue it came from. */
type Claimed = { run: ClaimedRun; holder: number; from: LeaseWish["queues"][number] };

export type Leasing = {
  /** Claims of the queues that are ready, in the wish's order; one that has no more, or may give no more, is taken out of `ready`. */
  claim(wish: LeaseWish, ready: Set<number>): Promise<Claimed[]>;
  /** The leases of claimed runs. One that nobody may do any more, as its deadline has passed or its definition cannot be used, ends as dead and is left out. */
  grant(wish: LeaseWish, claimed: readonly Claimed[]): Promise<GrantedLease[]>;
  /** Gives claimed runs back unbegun: nobody is there to do them. No attempt is spent. */
  handBack(claimed: readonly Claimed[]): Promise<void>;
};

/** Makes leases of ready runs. */
export function createLeasing(db: Database, plans: PlanCache, followUp: FollowUp): Leasing {
  let holders: number[] = [];

  const nextHolder = async (): Promise<number> => {
    if (holders.length === 0) holders = await nextHolders(db);
    return holders.pop() as number;
  };

  /** A run that may take less long than the lease lasts must not outlive its maximum time: the claim knows only the lease. */
  const shorten = async (leases: readonly GrantedLease[], leaseMs: number): Promise<void> => {
    const short = leases.filter((lease) => lease.endsMs < lease.leasedMs + leaseMs);
    if (short.length === 0) return;
    await extendLeases(
      db,
      short.map(({ runId, holder, attempt, endsMs }) => ({ runId, holder, attempt, leaseMs, endsMs, progress: null, message: null })),
    );
  };

  /** What was not begun has taken nothing of its queue's rate. */
  const returnTokens = async (unbegun: readonly Claimed[]): Promise<void> => {
    const counts = new Map<Claimed["from"], number>();
    for (const { from } of unbegun) counts.set(from, (counts.get(from) ?? 0) + 1);
    for (const [from, count] of counts) await giveTokensBack(db, from, count);
  };

  /** Ends runs that nobody may do any more. */
  const endAll = async (ends: readonly { claimed: Claimed; result: AttemptResult; cached: CachedPlan | undefined }[]): Promise<void> => {
    if (ends.length === 0) return;
    const kept = await settle(
      db,
      ends.map(({ result }) => result),
    );
    for (const { claimed, result, cached } of ends) {
      const { shard, job_id: jobId, revision } = claimed.run;
      if (kept.has(result.runId)) followUp({ shard, jobId, revision }, cached, result.next);
    }
    await returnTokens(ends.map(({ claimed }) => claimed));
  };

  return {
    async claim({ queues, most, worker, leaseMs }, ready) {
      const holder = await nextHolder();
      const claimed: Claimed[] = [];
      for (const from of queues) {
        const { shard, queue } = from;
        if (!ready.has(queue) || claimed.length === most) continue;
        const asked = most - claimed.length;
        const { runs } = await claimFromQueue(db, { holder, worker, leaseMs }, { shard, queue }, asked);
        claimed.push(...runs.map((run) => ({ run, holder, from })));
        if (runs.length < asked) ready.delete(queue);
      }
      return claimed;
    },

    async grant({ leaseMs }, claimed) {
      const known = await plans.get(claimed.map(({ run }) => ({ jobId: run.job_id, revision: run.revision })));
      const leases: GrantedLease[] = [];
      const ends: Parameters<typeof endAll>[0][number][] = [];
      for (const each of claimed) {
        const { run, holder, from } = each;
        const cached = known.get(planKey(run.job_id, run.revision));
        const limitMs = cached ? attemptLimitMs(cached.plan, run.now - run.started_ms) : 0;
        if (!cached || limitMs <= 0) {
          const result = cached ? tooLateResult(run, holder, cached) : refused(run, holder);
          ends.push({ claimed: each, result, cached });
          continue;
        }
        const endsMs = run.now + limitMs;
        leases.push({
          runId: run.run_id,
          holder,
          attempt: run.attempt,
          jobId: run.job_id,
          jobName: cached.name,
          queue: from.name,
          nominalMs: run.nominal_ms,
          payload: run.payload ?? cached.payload,
          leasedMs: run.now,
          untilMs: Math.min(run.now + leaseMs, endsMs),
          endsMs,
        });
      }
      await endAll(ends);
      await shorten(leases, leaseMs);
      return leases;
    },

    async handBack(claimed) {
      await settle(
        db,
        claimed.map(({ run, holder }) => unbegun({ shard: run.shard, runId: run.run_id, holder, attempt: run.attempt, heldMs: run.now })),
      );
      await returnTokens(claimed);
    },
  };
}

function refused(run: ClaimedRun, holder: number): AttemptResult {
  const reason = "the job's definition cannot be used on this node";
  return {
    ...unbegun({ shard: run.shard, runId: run.run_id, holder, attempt: run.attempt, heldMs: run.now }),
    ...{ next: "dead", reason },
    evidence: {
      ...{ outcome: "failed", failureClass: "internal", error: reason, mayHaveBeenSeen: false, statusCode: null, output: null },
      ...{ outputTruncated: false, startedMs: run.now, durationMs: 0 },
    },
  };
}
