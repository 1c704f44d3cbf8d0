import { shardCount } from "../model/ids.ts";
import type { Queryable } from "./database.ts";
import { countFindings } from "./findings.ts";
import { readShards } from "./shards.ts";

export type NodeRow = {
  node_id: number;
  name: string;
  version: string;
  started_ms: number;
  draining: boolean;
  lease_left_ms: number;
  renewed_ago_ms: number | null;
  clock_offset_ms: number | null;
  slots: number;
  running: number | null;
};

export type DutyRow = { duty: string; holder: number | null; lease_left_ms: number };

export type ClusterView = {
  nowMs: number;
  nodes: NodeRow[];
  /** An owner whose lease has ended counts as none. */
  shards: { shard: number; owner: number | null; epoch: number }[];
  duties: DutyRow[];
  findings: number;
  stopped: string | null;
};

/** The cluster as a person may want to see it. Not a snapshot: a few small reads, one after the other. */
export async function readCluster(db: Queryable): Promise<ClusterView> {
  const { rows: nodes } = await db.query<NodeRow & { node_id: string; now: number }>(
    `select node_id, name, version, punctual.ms(started_at) as started_ms, draining, punctual.ms(lease_until) - punctual.ms(punctual.clock()) as lease_left_ms,
            punctual.ms(punctual.clock()) - (punctual.ms(lease_until) - ttl_ms) as renewed_ago_ms, clock_offset_ms, slots, running
     from punctual.nodes where lease_until > punctual.clock() order by node_id`,
  );
  const { rows: duties } = await db.query<DutyRow & { holder: string; now: number }>(
    `select duty, holder, punctual.ms(lease_until) - punctual.ms(punctual.clock()) as lease_left_ms from punctual.leases order by duty`,
  );
  const { rows: clock } = await db.query<{ now: number }>("select punctual.ms(punctual.clock()) as now");
  const shards = await readShards(db);
  if (shards.length !== shardCount) throw new RangeError(`expected ${shardCount} shards, the database has ${shards.length}`);
  const findings = await countFindings(db);
  const { rows: open } = await db.query<{ detail: string }>("select detail from punctual.restores where resolved_at is null");
  return {
    findings,
    stopped: open[0]?.detail ?? null,
    nowMs: clock[0]?.now ?? Number.NaN,
    nodes: nodes.map((row) => ({ ...row, node_id: Number(row.node_id) })),
    shards: shards.map(({ shard, owner, epoch }) => ({ shard, owner, epoch })),
    duties: duties.map(({ duty, holder, lease_left_ms: left }) => ({
      duty,
      holder: left > 0 ? Number(holder) : null,
      lease_left_ms: Math.max(0, left),
    })),
  };
}
