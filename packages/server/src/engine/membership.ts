import { randomUUID } from "node:crypto";
import { leaseTimes, trustedUntil } from "../model/lease.ts";
import type { Database } from "../store/database.ts";
import { isUnavailable } from "../store/database.ts";
import { buryCrashed, buryExpired, buryItself, giveUpLease, markDraining, type NodeLoad, registerNode, renewNode } from "../store/nodes.ts";
import { notify } from "../store/notify.ts";
import type { Emit } from "../telemetry/events.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import { monotonicMs, type NodeClock } from "./node-clock.ts";
import type { Reach } from "./reach.ts";

export type Membership = {
  /** The id of this boot; a new one after the lease was lost. */
  nodeId(): number;
  /** Whether this node may start work: its lease, as far as it knows, has not ended. */
  trusted(): boolean;
  /** From now on others plan without this node, which keeps renewing while it finishes what runs. */
  drain(): Promise<void>;
  /** Ends the lease and stops renewing. */
  leave(): Promise<void>;
};

export type MembershipOptions = {
  /** A pool of one connection that nothing else uses: a lease must not be lost because the others are busy. */
  db: Database;
  name: string;
  version: string;
  slots: number;
  ttlMs: number;
  clock: NodeClock;
  /** The node's other way to the database, without which its lease is of no use. */
  reach: Pick<Reach, "silentMs" | "probe">;
  emit: Emit;
  /** What the node is doing, told with every renewal. */
  load: () => Pick<NodeLoad, "running">;
  /** Others were buried: what they owned and held is free. */
  onBuried: () => void;
  /** The node was buried by others, or gave its lease up: everything it held is theirs. Called before it joins anew. */
  onLost: () => void;
};

/**
 * Joins the cluster and keeps the node's lease.
 *
 * Authority is the database: the lease in its row. The local window of trust is a conservative stop condition, never another source of truth: it is counted
 * from before the renewal was sent. A failed renewal is repeated with the same beat, so that an answer lost on the way is told apart from another process
 * renewing. When others have buried the node, it joins under a new id and owns nothing.
 *
 * A lease without the means to work would keep everybody else from doing it: when nothing but renewals has been answered for 3/4 of a TTL, and another node is better
 * off, this one gives its lease up. It joins anew once its work reaches the database.
 */
export async function join(options: MembershipOptions): Promise<Membership> {
  const { db, emit, clock } = options;
  const times = leaseTimes(options.ttlMs);
  let nodeId = 0;
  let beat = "";
  /** Sent with a renewal whose answer did not come. Made when it is sent, and not before: a machine cloned meanwhile must not know it. */
  let unanswered: string | null = null;
  let trustedUntilMs = 0;
  let isOut = false;
  /** The last renewal, on this node's clock and on the database's, and since when there was no gap between them. */
  let renewed = { sentMs: 0, nowMs: 0 };
  let renewingSinceMs = 0;
  /** Whether anybody is there to be buried. Until the first renewal has told, there may be. */
  let hasOthers = true;
  /** The server process that answers renewals, and since when it is the same. */
  let backend = { pid: 0, sinceMs: 0 };

  const register = async (): Promise<void> => {
    beat = randomUUID();
    const sentMs = monotonicMs();
    const registered = await registerNode(db, { name: options.name, version: options.version, beat, slots: options.slots }, times.ttlMs);
    clock.observe(registered.nowMs, sentMs);
    nodeId = registered.nodeId;
    trustedUntilMs = trustedUntil(sentMs, times);
    renewed = { sentMs, nowMs: registered.nowMs };
    renewingSinceMs = sentMs;
    backend = { pid: registered.backendPid, sinceMs: sentMs };
    emit({ type: "node_registered", nodeId, name: options.name });
  };

  const renew = async (): Promise<boolean> => {
    const sentMs = monotonicMs();
    const nextBeat = (unanswered ??= randomUUID());
    const load = { ...options.load(), clockOffsetMs: clock.offsetOfWallMs(), silentMs: silentMs() };
    const renewal = await renewNode(db, { nodeId, beat, nextBeat }, times.ttlMs, load);
    unanswered = null;
    if (renewal === null) return false;
    const { nowMs, backendPid } = renewal;
    ({ hasOthers } = renewal);
    if (backendPid !== backend.pid) backend = { pid: backendPid, sinceMs: sentMs };
    // A gap on either clock: this node was cut off, or the database's clock was set. Either may have ended the leases of nodes that are alive. Half a TTL
    // leaves each of them at least a quarter to renew in, even if it was just about to when the gap began.
    if (Math.max(sentMs - renewed.sentMs, nowMs - renewed.nowMs) > times.ttlMs / 2) renewingSinceMs = sentMs;
    renewed = { sentMs, nowMs };
    beat = nextBeat;
    clock.observe(nowMs, sentMs);
    trustedUntilMs = trustedUntil(sentMs, times);
    return true;
  };

  /** Only while renewals are answered: when everything is silent, the others judge by the lease. */
  const silentMs = (): number => Math.min(options.reach.silentMs(), monotonicMs() - renewingSinceMs);

  const giveUp = async (): Promise<boolean> => {
    const forMs = silentMs();
    if (forMs <= times.giveUpAfterMs || !(await giveUpLease(db, nodeId, times.ttlMs))) return false;
    emit({ type: "lease_given_up", nodeId, silentMs: Math.round(forMs) });
    // A hint, as ever: others find out within a second.
    await notify(db, { cluster: true }).catch(() => {});
    return true;
  };

  const look = async (): Promise<number> => {
    const startedMs = monotonicMs();
    if (!isOut && (!(await renew()) || (await giveUp()))) {
      isOut = true;
      trustedUntilMs = 0;
      options.onLost();
    }
    if (isOut) {
      await options.reach.probe();
      await register();
      isOut = false;
    }
    emit({ type: "lease_renewed", nodeId });
    // Whoever has itself just come back must not bury those who are about to.
    if (hasOthers && monotonicMs() - renewingSinceMs > times.ttlMs) announce(await buryExpired(db));
    // A renewal is when a lease can be given up: up to a whole rest later would be a second more without anybody to do the work.
    const restMs = Math.max(times.renewEveryMs / 4, Math.min(times.renewEveryMs, times.giveUpAfterMs - silentMs()));
    return Math.max(0, restMs - (monotonicMs() - startedMs));
  };

  const announce = (buried: number[]): void => {
    if (buried.length === 0) return;
    emit({ type: "nodes_buried", nodeIds: buried });
    options.onBuried();
  };

  /** Whoever has just come back, or over another connection, cannot tell a crash from an outage. */
  const watchForCrashes = async (): Promise<number> => {
    // Whoever joins next is known with the next renewal, and cannot have missed one of its own before that.
    if (!hasOthers) return times.renewEveryMs;
    const steadyMs = monotonicMs() - Math.max(renewingSinceMs, backend.sinceMs);
    if (steadyMs > times.ttlMs && monotonicMs() < trustedUntilMs) announce(await buryCrashed(db, nodeId));
    return times.renewEveryMs / 4;
  };

  await register();
  const loops: Loop[] = [look, watchForCrashes].map((looking) =>
    startLoop({
      look: looking,
      failed: (error, failures) => {
        emit({ type: "loop_failed", loop: "membership", error, databaseAway: isUnavailable(error) });
        return Math.min(retryDelayMs(failures), times.renewEveryMs);
      },
    }),
  );
  return {
    nodeId: () => nodeId,
    trusted: () => monotonicMs() < trustedUntilMs,
    drain: () => markDraining(db, nodeId),
    leave: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
      trustedUntilMs = 0;
      await buryItself(db, nodeId);
    },
  };
}
