import { assignShards } from "../model/shard-assignment.ts";
import { type Database, isUnavailable } from "../store/database.ts";
import { type LiveNode, liveNodes } from "../store/nodes.ts";
import { notify } from "../store/notify.ts";
import { readShards, releaseShards, type ShardRow, storeWatermarks, takeShards } from "../store/shards.ts";
import type { Emit } from "../telemetry/events.ts";
import { type Loop, retryDelayMs, startLoop } from "./loop.ts";
import type { Membership } from "./membership.ts";
import { monotonicMs } from "./node-clock.ts";
import type { Reach } from "./reach.ts";

const lookEveryMs = 1_000;
const storeEveryMs = 5_000;
/** While every shard is where the assignment wants it and the nodes are the same, the rows are read this often; the nodes at every look. */
const settledReadEveryMs = 5_000;
const untrustedRestMs = 100;

export type ShardKeeper = {
  /** The shards this node owns, with how far each was scanned; scanning moves `watermarkMs`. */
  owned(): ShardRow[];
  /** The cluster changed: look now. */
  wake(): void;
  /** Forgets all shards without giving them back: the lease was lost and they are others' already. */
  forget(): void;
  /** Gives all shards back and stops. */
  stop(): Promise<void>;
};

export type ShardKeeperOptions = {
  db: Database;
  membership: () => Membership;
  /** Learns from every look whether the database is in reach. */
  reach: Reach;
  emit: Emit;
  onTaken: () => void;
  /** Nodes have come or gone, as others say or a look has seen. */
  onNodes: () => void;
};

/**
 * Owns the shards that the assignment gives this node, no more and no less. Every change is a compare-and-set on the shard's epoch; two owners by mistake
 * cost work, never a double fire, as firing has its own compare-and-set.
 */
export function startShardKeeper({ db, membership, reach, emit, onTaken, onNodes }: ShardKeeperOptions): ShardKeeper {
  const owned = new Map<number, ShardRow>();
  let storedMs = monotonicMs();
  // A release changes nothing for shards taken meanwhile: each answer is applied to the generation of the lease it was asked under.
  let generation = 0;
  /** When rows were read that were all as wished, monotonic, and of which nodes. */
  let settledMs = Number.NEGATIVE_INFINITY;
  let wakes = 0;
  let known = "";

  const look = async (): Promise<number> => {
    // Without trust nothing is fired, and rows read now may call this node's own lease ended: what it owned, it will own when it has renewed.
    if (!membership().trusted()) {
      settledMs = Number.NEGATIVE_INFINITY;
      reach.rest();
      return untrustedRestMs;
    }
    reach.ask();
    const restMs = await keep();
    reach.rest();
    return restMs;
  };

  const keep = async (): Promise<number> => {
    const asked = generation;
    const nodeId = membership().nodeId();
    const nodes = await liveNodes(db);
    if (!isSettled(nodes)) await adjust(asked, nodeId, nodes);
    if (asked !== generation) return 0;
    await store(nodeId);
    return restUntilLeaseEnds(nodes.filter((node) => node.nodeId !== nodeId));
  };

  const isSettled = (nodes: readonly LiveNode[]): boolean => {
    const now = nodes.map((node) => `${node.nodeId}${node.draining ? " leaves" : ""}`).join();
    if (now !== known) {
      settledMs = Number.NEGATIVE_INFINITY;
      known = now;
      onNodes();
    }
    return monotonicMs() - settledMs < settledReadEveryMs;
  };

  const adjust = async (asked: number, nodeId: number, nodes: readonly LiveNode[]): Promise<void> => {
    settledMs = Number.NEGATIVE_INFINITY;
    const [readMs, wakesBefore] = [monotonicMs(), wakes];
    const rows = await readShards(db);
    if (asked !== generation) return;
    const wished = assignShards(
      nodes.filter((node) => !node.draining).map((node) => node.nodeId),
      rows.map((row) => row.owner),
    );
    for (const row of rows) if (row.owner !== nodeId || row.epoch !== owned.get(row.shard)?.epoch) owned.delete(row.shard);
    // Judged by the database's rows, not by what is remembered: a release that failed, or whose answer was lost, must be made again.
    const unwished = rows.filter((row) => row.owner === nodeId && wished[row.shard] !== nodeId);
    const released = await release(
      nodeId,
      unwished.map((row) => owned.get(row.shard) ?? row),
    );
    const free = rows.filter(
      (row) => wished[row.shard] === nodeId && !owned.has(row.shard) && (row.owner === null || row.owner === nodeId),
    );
    const taken = free.length > 0 ? await takeShards(db, nodeId, free) : [];
    if (asked !== generation) return;
    for (const row of taken) owned.set(row.shard, row);
    if (taken.length + released > 0) emit({ type: "shards_changed", taken: taken.length, released, owned: owned.size });
    if (taken.length > 0) onTaken();
    const areAsWished = free.length === 0 && rows.every((row) => row.owner === wished[row.shard]);
    if (areAsWished && wakes === wakesBefore) settledMs = readMs;
  };

  const release = async (nodeId: number, rows: ShardRow[]): Promise<number> => {
    if (rows.length === 0) return 0;
    for (const row of rows) owned.delete(row.shard);
    await releaseShards(db, nodeId, rows);
    // The new owner is waiting for exactly this.
    await notify(db, { cluster: true });
    return rows.length;
  };

  const store = async (nodeId: number): Promise<void> => {
    if (monotonicMs() - storedMs < storeEveryMs) return;
    storedMs = monotonicMs();
    await storeWatermarks(db, nodeId, [...owned.values()]);
  };

  const loop: Loop = startLoop({
    look,
    failed: (error, failures) => {
      emit({ type: "loop_failed", loop: "shards", error, databaseAway: isUnavailable(error) });
      return retryDelayMs(failures);
    },
  });
  return {
    owned: () => [...owned.values()],
    wake: () => {
      settledMs = Number.NEGATIVE_INFINITY;
      wakes++;
      onNodes();
      loop.wake();
    },
    forget: () => {
      generation++;
      settledMs = Number.NEGATIVE_INFINITY;
      owned.clear();
    },
    stop: async () => {
      await loop.stop();
      await release(membership().nodeId(), [...owned.values()]);
    },
  };
}

/** A node that died is noticed when its lease ends, not up to a look later: the second saved is a fifth of what a take-over may cost. */
function restUntilLeaseEnds(others: readonly LiveNode[]): number {
  return Math.min(lookEveryMs, ...others.map((node) => Math.max(1, Math.ceil(node.leaseLeftMs) + 1)));
}
