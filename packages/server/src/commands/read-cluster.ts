import type { Cluster } from "@punctual/contract";
import { type NodeRow, readCluster } from "../store/cluster-view.ts";
import type { Operation } from "./operation.ts";
import { instant } from "./views.ts";

export const getCluster: Operation<"getCluster"> = async ({ db }) => {
  const { nowMs, nodes, shards, duties, findings, stopped } = await readCluster(db);
  const owned = new Map<number, number>();
  for (const { owner } of shards) if (owner !== null) owned.set(owner, (owned.get(owner) ?? 0) + 1);
  return {
    status: 200,
    body: {
      nowAt: instant(nowMs),
      nodes: nodes.map((node) => nodeView(node, owned.get(node.node_id) ?? 0)),
      shards,
      duties: duties.map(({ duty, holder, lease_left_ms: leaseLeftMs }) => ({ duty, holder, leaseLeftMs })),
      findings,
      stopped,
    },
  };
};

function nodeView(node: NodeRow, shards: number): Cluster["nodes"][number] {
  return {
    nodeId: node.node_id,
    name: node.name,
    version: node.version,
    startedAt: instant(node.started_ms),
    draining: node.draining,
    leaseLeftMs: node.lease_left_ms,
    renewedAgoMs: node.renewed_ago_ms === null ? null : Math.max(0, node.renewed_ago_ms),
    clockOffsetMs: node.clock_offset_ms,
    slots: node.slots,
    running: node.running,
    shards,
  };
}
