import type { Target as TargetSpec } from "@punctual/contract";
import type { WorkerDesk } from "../commands/workers/desk.ts";
import type { GuardOptions } from "../model/restore-signs.ts";
import type { Database } from "../store/database.ts";
import type { Listen } from "../store/listener.ts";
import { notify } from "../store/notify.ts";
import type { Retention } from "../store/retention.ts";
import type { Cipher } from "../store/secrets.ts";
import type { Target } from "../targets/port.ts";
import type { Emit } from "../telemetry/events.ts";
import { startBackfillLoop } from "./backfill-loop.ts";
import { createBeginClaimed } from "./begin-claimed.ts";
import { startBreakerLoop } from "./breaker-loop.ts";
import { createBreakerView } from "./breaker-view.ts";
import { startClaimLoop } from "./claim-loop.ts";
import { createOfferCompletion } from "./completion-offer.ts";
import { createDoubt } from "./doubt.ts";
import { createExecutor } from "./executor.ts";
import { startExpiryLoop } from "./expiry-loop.ts";
import { startFireLoop } from "./fire-loop.ts";
import { createFollowUp } from "./follow-up.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { join, type Membership } from "./membership.ts";
import { createNodeClock } from "./node-clock.ts";
import { startOverlapLoop } from "./overlap-loop.ts";
import { createPace } from "./pace.ts";
import { pauseGone } from "./pause-job.ts";
import { createPlanCache } from "./plan-cache.ts";
import { startQueueLoop } from "./queue-loop.ts";
import { createReach } from "./reach.ts";
import { startRescueLoop } from "./rescue-loop.ts";
import { startRestoreGuard } from "./restore-guard.ts";
import { startSettler } from "./settler.ts";
import { startShardKeeper } from "./shard-keeper.ts";
import { createSigningSecrets } from "./signing-secrets.ts";
import { createSlots } from "./slots.ts";
import { startWakeLine } from "./wake-line.ts";
import { startWatchLoop } from "./watch-loop.ts";
import { startWatchdog } from "./watchdog.ts";
import { startWorkers } from "./workers/start.ts";

export type EngineOptions = {
  db: Database;
  /** Connections of their own: one that only the lease uses, and those for cleaning up, which lasts; null to leave that to the server. */
  leaseDb: Database;
  cleaningDb: Database | null;
  /** Opens what the wake line hears on; null where no session can listen, behind a pooler. */
  listen: Listen | null;
  cipher: Cipher;
  targets: ReadonlyMap<string, Target<TargetSpec>>;
  nodeName: string;
  version: string;
  slots: number;
  slotsPerOrigin: number;
  leaseTtlMs: number;
  retention: Retention;
  /** Under which receivers reach the API; null when nobody said. */
  publicUrl: string | null;
  /** A cursor that is due for longer is a finding of the watchdog. */
  overdueAfterMs: number;
  guard: GuardOptions;
  emit: Emit;
};

export type Engine = {
  nodeId(): number;
  /** Whether this node holds its lease. */
  trusted(): boolean;
  /** The database's time as far as this node can tell, epoch ms: what others compare with their own clocks must not come from this machine's. */
  nowMs(): number;
  /** Why nothing fires on any node, or null: see restore mode. */
  stoppedBecause(): string | null;
  /** A shard may have something due sooner than its owner knows. */
  wake(shard: number): void;
  gauges(): { running: number; slotsFree: number; shards: number; breakersOpen: number };
  /** For those who do runs themselves. */
  workers: WorkerDesk;
  /**
   * Stops firing, gives the shards back, waits for what runs, hands the rest back, and leaves the cluster. Ends within `drainMs` and 40 s even when the
   * database does not answer any more.
   *
   * @param drainMs how long attempts under way may take to finish
   */
  stop(drainMs: number): Promise<void>;
};

/** Wires the loops of a node. Each stands alone and talks to the others through the database or the few wakes below. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { db, emit } = options;
  const clock = createNodeClock();
  const reach = createReach(db);
  const slots = createSlots(options.slots, options.slotsPerOrigin);
  const settler = startSettler(db, emit, (results) => queueLoop.ended(results.map((result) => result.shard)));
  const originOf = (spec: TargetSpec): string => options.targets.get(spec.type)?.originOf(spec) ?? spec.type;
  const plans = createPlanCache(db, (plan) => originOf(plan.target), emit);
  const followUp = createFollowUp({ db, emit, attend: (job) => overlapLoop.attend(job), ended: (jobId) => backfillLoop.ended(jobId) });
  const breakers = createBreakerView(() => breakerLoop.wake());
  const executor = createExecutor({
    targets: options.targets,
    secretsOf: createSigningSecrets(db, options.cipher),
    offerCompletion: createOfferCompletion(options.cipher, options.publicUrl),
    mayBegin: (holder) => node.trusted() && node.nodeId() === holder,
    settler,
    slots,
    clock,
    emit,
    onWritten: followUp,
    onRoom: () => {
      claimLoop.room();
      queueLoop.room();
    },
    onGone: (run, { tenantId }) => pauseGone(db, emit, { tenantId, jobId: run.jobId, revision: run.revision }),
    onEnded: ({ tenantId, placement: { origin }, plan }, attempt, beganMs, evidence) => {
      breakers.observe({ tenantId, origin, target: () => originOf(plan.target), attempt, beganMs, ...evidence });
    },
  });
  const node = await join({
    db: options.leaseDb,
    name: options.nodeName,
    version: options.version,
    slots: options.slots,
    ttlMs: options.leaseTtlMs,
    clock,
    reach,
    emit,
    load: () => ({ running: executor.running().count }),
    // Telling them at once saves the others up to a look; they find out by themselves anyway.
    onBuried: () => void notify(db, { cluster: true }).catch(() => {}),
    onLost: () => {
      emit({ type: "lease_lost", nodeId: node.nodeId(), running: executor.running().count });
      shards.forget();
      executor.abandon();
    },
  });
  const guard = startRestoreGuard({ db, emit, ...options.guard, onResumed: () => wakeLoops(null) });
  // In restore mode nothing begins, while the node keeps its lease and its shards.
  const beginning: Membership = { ...node, trusted: () => node.trusted() && guard.mayBegin() };
  const wakes = { onTaken: () => wakeLoops(null), onNodes: () => rescueLoop.attend() };
  const shards = startShardKeeper({ db, membership: () => node, reach, emit, ...wakes });
  const shared = { db, pace: createPace(), membership: () => beginning, shards, plans, executor, settler, slots, breakers, clock, emit };
  const doubt = createDoubt(db, executor, settler);
  const beginClaimed = createBeginClaimed(shared);
  const queueLoop = startQueueLoop({ ...shared, beginClaimed });
  const onWoken = (): void => {
    queueLoop.ready(null);
    workers.wake([]);
  };
  const claimLoop = startClaimLoop({ ...shared, beginClaimed, doubt, onWoken });
  const onReleased = (): void => {
    claimLoop.wake();
    onWoken();
  };
  const overlapLoop = startOverlapLoop({ ...shared, onReleased });
  const fireLoop = startFireLoop({
    ...shared,
    isOnCourse: guard.isOnCourse,
    doubt,
    onReady: (outsideQueues, shardsOfQueues) => {
      if (outsideQueues) claimLoop.wake();
      if (shardsOfQueues.size > 0) queueLoop.ready(shardsOfQueues);
    },
    onHeld: overlapLoop.attend,
    onPulled: (woken) => wakeLine.sendPulled(woken),
  });
  const rescueLoop = startRescueLoop({ ...shared, onRescued: () => claimLoop.wake(), followUp });
  const onExpired = (): void => {
    claimLoop.wake();
    // A run that was never begun may have been waited for, too.
    overlapLoop.wake([]);
  };
  const expiryLoop = startExpiryLoop({ ...shared, onExpired, followUp });
  const breakerLoop = startBreakerLoop({ ...shared, view: breakers, onReleased });
  const backfillLoop = startBackfillLoop({ ...shared, onReady: onReleased });
  const watchLoop = startWatchLoop({ ...shared, settler });
  const housekeeping = startHousekeeping({ ...shared, cleaningDb: options.cleaningDb, retention: options.retention });
  const watchdog = startWatchdog({ ...shared, overdueAfterMs: options.overdueAfterMs });
  const workers = startWorkers({ db, mayBegin: guard.mayBegin, plans, emit, followUp, onSettled: (settled) => queueLoop.ended(settled) });
  /** @param woken null for all shards */
  const wakeLoops = (woken: readonly number[] | null): void => {
    fireLoop.wake();
    claimLoop.wake();
    queueLoop.changed(woken);
  };
  const wakeLine = startWakeLine({
    db,
    listen: options.listen,
    emit,
    onWake: (woken) => {
      const owned = new Set(shards.owned().map((row) => row.shard));
      // Whichever node owns the shard: a run that was just triggered may be for a worker that waits here.
      workers.wake(woken);
      if (woken.length > 0 && !woken.some((shard) => owned.has(shard))) return;
      wakeLoops(woken.length === 0 ? null : woken);
      overlapLoop.wake(woken);
      backfillLoop.changed(woken);
    },
    onPulled: workers.wake,
    onCluster: () => shards.wake(),
    onBreakers: () => breakerLoop.wake(),
  });

  return {
    nodeId: node.nodeId,
    trusted: node.trusted,
    nowMs: clock.nowMs,
    stoppedBecause: guard.stoppedBecause,
    wake: wakeLine.send,
    gauges: () => ({
      running: executor.running().count,
      slotsFree: options.slots - slots.taken(),
      shards: shards.owned().length,
      breakersOpen: breakers.openCount(),
    }),
    workers,
    async stop(drainMs) {
      emit({ type: "node_stopping", nodeId: node.nodeId(), running: executor.running().count });
      // Marked first: given back while others still plan with this node, its shards would wait for their next look.
      await courtesy(node.drain());
      const begun = [fireLoop, claimLoop, queueLoop, breakerLoop, rescueLoop, expiryLoop, backfillLoop, housekeeping, watchdog, guard];
      await Promise.all(begun.map((loop) => loop.stop()));
      // Workers that wait here go on to wait elsewhere.
      await courtesy(workers.stop());
      await courtesy(shards.stop());
      await executor.idle(drainMs);
      executor.abandon();
      await executor.idle(abortMs);
      await settler.flush(flushMs);
      await Promise.all([watchLoop.stop(), settler.stop(), overlapLoop.stop(), wakeLine.stop()]);
      await courtesy(node.leave());
      await courtesy(notify(db, { cluster: true }));
      emit({ type: "node_stopped", nodeId: node.nodeId() });
    },
  };
}

/** Aborted attempts end at once; this is only for a target that does not. */
const [abortMs, flushMs, courtesyMs] = [2_000, 5_000, 3_000];

/**
 * What a leaving node tells the others spares them the wait for its lease to end, no more: with a database that does not answer it must not keep the process
 * from ending. Fails and overruns in silence.
 */
async function courtesy(telling: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, courtesyMs);
  });
  await Promise.race([telling.catch(() => {}), enough]);
  clearTimeout(timer);
}
