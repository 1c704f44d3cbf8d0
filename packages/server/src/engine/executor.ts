import type { HoldReason } from "@punctual/contract";
import { type AttemptEnd, afterAttempt } from "../model/after-attempt.ts";
import { runTransitions } from "../model/run-states.ts";
import type { AttemptResult } from "../store/dispatching.ts";
import type { Emit } from "../telemetry/events.ts";
import { AttemptSignal } from "./attempt-signal.ts";
import type { HeldRun } from "./held-run.ts";
import { type AttemptParts, type MadeAttempt, makeAttempt } from "./make-attempt.ts";
import { monotonicMs, type NodeClock } from "./node-clock.ts";
import type { CachedPlan } from "./plan-cache.ts";
import type { Settler } from "./settler.ts";
import type { Slots } from "./slots.ts";

export type Executor = {
  /** Fetches what runs of these jobs need to begin. Without it each waits for that by itself, and all of a thousand then go on at once, in one turn of the event loop. */
  prepare(runs: readonly { run: Pick<HeldRun, "jobId">; plan: CachedPlan }[]): Promise<void>;
  /** Begins the attempt; its result goes to the settler and its slot is given back. */
  begin(run: HeldRun, cached: CachedPlan): void;
  /**
   * Hands a held run back that was never begun, and no attempt is spent: it becomes ready again, or waits for so long at most. Its slot is the caller's to
   * give back.
   */
  handBack(run: HandedBack, wait?: { held: HoldReason; delayMs: number }): void;
  /** Ends a held run that cannot be attempted at all. Its slot is the caller's to give back. */
  refuse(run: HandedBack, reason: string): void;
  /** Aborts an attempt under way, if this node makes it; the run ends as cancelled. */
  cancel(runId: string, reason: string): void;
  /** Aborts all attempts: their runs are others' already, or the drain's time is over. They count as lost. */
  abandon(): void;
  running(): { count: number; shards: number[] };
  /** Whether this node is making an attempt of the run. */
  has(runId: string): boolean;
  /** Resolves when nothing runs any more, or the deadline passes. */
  idle(deadlineMs: number): Promise<void>;
};

/** A hold that ends: which run, and which hold of it. */
export type HandedBack = Pick<HeldRun, "shard" | "runId" | "holder" | "attempt" | "heldMs">;

export type ExecutorOptions = AttemptParts & {
  settler: Settler;
  slots: Slots;
  clock: NodeClock;
  emit: Emit;
  /** The request of an attempt has ended by itself; `beganMs` is monotonic. */
  onEnded: (cached: CachedPlan, attempt: number, beganMs: number, evidence: Pick<AttemptEvidence, "failureClass" | "statusCode">) => void;
  /** The target of a run said that it is gone for good. */
  onGone: (run: HeldRun, cached: CachedPlan) => void;
  /** What an attempt came to is written. */
  onWritten: (run: HeldRun, cached: CachedPlan, next: AttemptResult["next"]) => void;
  /** A slot became free. */
  onRoom: () => void;
};

type AttemptEvidence = NonNullable<AttemptResult["evidence"]>;
type UnderWay = { shard: number; signal: AttemptSignal; end: { kind: "cancel"; reason: string } | { kind: "abandon" } | null };

export function createExecutor(options: ExecutorOptions): Executor {
  const { settler, slots, clock, emit, onRoom, onGone, onEnded, onWritten } = options;
  const underWay = new Map<string, UnderWay>();
  const waitingForIdle: (() => void)[] = [];

  const finish = (run: HeldRun, origin: number, entry: UnderWay): void => {
    // Whoever may complete a run later may do so before the request is answered: then its next attempt can be under way here already.
    if (underWay.get(run.runId) === entry) underWay.delete(run.runId);
    slots.give(origin);
    onRoom();
    if (underWay.size === 0) for (const resolve of waitingForIdle.splice(0)) resolve();
  };

  const carryOut = async (run: HeldRun, cached: CachedPlan, entry: UnderWay): Promise<void> => {
    try {
      const startedMs = clock.nowMs();
      const began = monotonicMs();
      const { outcome, limitMs } = await makeAttempt(options, run, cached, startedMs, entry.signal);
      const durationMs = monotonicMs() - began;
      const { runId, jobId, attempt } = run;
      const { tenantId } = cached;
      const lagMs = run.attempt === 1 ? startedMs - run.nominalMs : null;
      if (outcome.ok && outcome.accepted) {
        settler.add({ ...unbegun(run), next: runTransitions.running.accept, endsInMs: limitMs - durationMs });
        onEnded(cached, run.attempt, began, { failureClass: null, statusCode: outcome.statusCode });
        emit({ type: "attempt_accepted", runId, jobId, tenantId, attempt, durationMs, lagMs });
        return;
      }
      const result = resultOf(run, cached, outcome, entry.end, { startedMs, durationMs });
      settler.add(result, () => onWritten(run, cached, result.next));
      // Cut short by the run's deadline it says nothing of its target.
      if (!outcome.atDeadline) onEnded(cached, run.attempt, began, result.evidence);
      if (result.nextBecause === "gone") onGone(run, cached);
      const { failureClass } = result.evidence;
      emit({ type: "attempt_ended", runId, jobId, tenantId, attempt, durationMs, next: result.next, failureClass, lagMs });
    } finally {
      finish(run, cached.placement.origin, entry);
    }
  };

  return {
    async prepare(runs) {
      const missing = runs.flatMap(({ run, plan: { tenantId, plan } }) => {
        const secrets = options.secretsOf(tenantId, run.jobId, plan.target);
        return secrets instanceof Promise ? secrets : [];
      });
      // What cannot be had fails the attempts that need it.
      if (missing.length > 0) await Promise.allSettled(missing);
    },
    begin(run, cached) {
      const entry: UnderWay = { shard: run.shard, signal: new AttemptSignal(), end: null };
      underWay.set(run.runId, entry);
      // Nothing in it throws; should it ever, the watch finds the run held by nobody here and hands it back.
      carryOut(run, cached, entry).catch((error: unknown) => emit({ type: "loop_failed", loop: "execute", error, databaseAway: false }));
    },
    handBack(run, wait) {
      settler.add({ ...unbegun(run), ...(wait && { next: runTransitions.running.hold, ...wait }) });
    },
    refuse(run, reason) {
      const texts = {
        statusCode: null,
        output: null,
        outputTruncated: false,
        mayHaveBeenSeen: false,
        startedMs: clock.nowMs(),
        durationMs: 0,
      };
      const evidence = { outcome: "failed" as const, failureClass: "internal" as const, error: reason, ...texts };
      settler.add({ ...unbegun(run), next: "dead", reason, evidence });
    },
    cancel(runId, reason) {
      const entry = underWay.get(runId);
      if (!entry || entry.end) return;
      entry.end = { kind: "cancel", reason };
      entry.signal.abort();
    },
    abandon() {
      for (const entry of underWay.values()) {
        entry.end ??= { kind: "abandon" };
        entry.signal.abort();
      }
    },
    running: () => ({ count: underWay.size, shards: [...new Set([...underWay.values()].map((entry) => entry.shard))] }),
    has: (runId) => underWay.has(runId),
    idle: async (deadlineMs) => {
      if (underWay.size === 0) return;
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        new Promise<void>((resolve) => waitingForIdle.push(resolve)),
        new Promise<void>((resolve) => {
          timer = setTimeout(resolve, deadlineMs);
        }),
      ]);
      clearTimeout(timer);
    },
  };
}

/** The result of an attempt that was not begun: the run becomes ready again. */
export function unbegun({ shard, runId, holder, heldMs, attempt: number }: HandedBack): AttemptResult {
  // `resumes` matters only when its end was asked for meanwhile; whether the job has a fixed delay, its cursor tells.
  return {
    shard,
    runId,
    holder,
    attempt: number,
    next: runTransitions.running.hand_back,
    delayMs: 0,
    reason: null,
    nextBecause: null,
    resumes: true,
    held: null,
    heldMs,
    evidence: null,
  };
}

function resultOf(
  run: HeldRun,
  cached: CachedPlan,
  outcome: MadeAttempt["outcome"],
  end: UnderWay["end"],
  timing: { startedMs: number; durationMs: number },
): AttemptResult & { evidence: AttemptEvidence } {
  const { shard, runId, holder, attempt: number } = run;
  const ended = endOf(outcome, end);
  const sinceFirstMs = timing.startedMs + timing.durationMs - (run.deadlineFromMs ?? timing.startedMs);
  const after = afterAttempt(ended, { number, sinceFirstMs }, cached.plan.retry, Math.random());
  const { statusCode, output, outputTruncated } = outcome;
  // Written out rather than spread: this is once a run, and spreading costs three times as much.
  return {
    shard,
    runId,
    holder,
    attempt: number,
    next: after.next,
    delayMs: after.delayMs,
    reason: after.reason,
    nextBecause: after.nextBecause,
    resumes: cached.plan.afterCompletionMs !== null,
    held: null,
    evidence: {
      outcome: ended.kind,
      startedMs: timing.startedMs,
      durationMs: timing.durationMs,
      failureClass: ended.kind === "succeeded" ? null : ended.kind === "cancelled" ? "cancelled" : ended.failure.failureClass,
      statusCode,
      error: outcome.ok ? null : outcome.message,
      output,
      outputTruncated,
      mayHaveBeenSeen: outcome.ok || outcome.mayHaveBeenSeen,
    },
  };
}

/** A success counts even when its end was asked for meanwhile: the target has acted. */
function endOf(outcome: MadeAttempt["outcome"], end: UnderWay["end"]): AttemptEnd {
  if (outcome.ok) return { kind: "succeeded" };
  if (end?.kind === "cancel") return { kind: "cancelled", reason: end.reason };
  return end === null ? { kind: "failed", failure: outcome } : { kind: "lost", failure: { ...outcome, failureClass: "lost" } };
}
