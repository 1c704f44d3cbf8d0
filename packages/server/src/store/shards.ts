import type { Queryable } from "./database.ts";

export type ShardRow = {
  shard: number;
  owner: number | null;
  epoch: number;
  /** Nothing due before this is left, but for a backlog. */
  watermarkMs: number;
  /** Where the backlog begins: what was due before the watermark and is not fired yet. Null without one. */
  backlogMs: number | null;
};

/** Where whoever takes the shard over has to begin. */
const scanStartMs = (row: ShardRow): number => Math.min(row.watermarkMs, row.backlogMs ?? Number.POSITIVE_INFINITY);

/** All shards; an owner whose lease has ended counts as none. */
export async function readShards(db: Queryable): Promise<ShardRow[]> {
  const { rows } = await db.query<{ shard: number; owner: string | null; epoch: string }>({
    name: "shards",
    text: `select s.shard, n.node_id as owner, s.epoch
     from punctual.shards s left join punctual.nodes n on n.node_id = s.owner and n.lease_until > punctual.clock()
     order by s.shard`,
  });
  return rows.map((row) => ({
    shard: row.shard,
    owner: row.owner === null ? null : Number(row.owner),
    epoch: Number(row.epoch),
    watermarkMs: 0,
    backlogMs: null,
  }));
}

/**
 * Takes shards that nobody owns: compare-and-set on the epoch, and only while this node's lease lasts and the owner's does not. Shards that are this node's
 * own already can be taken again: the answer to the first taking may have been lost, and then nobody would look after them.
 *
 * @returns those taken, with their new epoch and the watermark the last owner stored
 */
export async function takeShards(db: Queryable, nodeId: number, wanted: readonly { shard: number; epoch: number }[]): Promise<ShardRow[]> {
  const { rows } = await db.query<{ shard: number; epoch: string; watermark_ms: number }>(
    `update punctual.shards s set owner = $1, epoch = s.epoch + 1
     from unnest($2::smallint[], $3::bigint[]) as w(shard, epoch)
     where s.shard = w.shard and s.epoch = w.epoch
       and not exists (select from punctual.nodes n where n.node_id = s.owner and n.node_id <> $1 and n.lease_until > punctual.clock())
       and exists (select from punctual.nodes n where n.node_id = $1 and n.lease_until > punctual.clock())
     returning s.shard, s.epoch, greatest(punctual.ms(s.watermark), 0) as watermark_ms`,
    [nodeId, wanted.map((row) => row.shard), wanted.map((row) => row.epoch)],
  );
  return rows.map((row) => ({ shard: row.shard, owner: nodeId, epoch: Number(row.epoch), watermarkMs: row.watermark_ms, backlogMs: null }));
}

/** Gives shards back, guarded by the epochs under which they were held, and stores how far they were scanned. */
export async function releaseShards(db: Queryable, nodeId: number, held: readonly ShardRow[]): Promise<void> {
  await db.query(
    `update punctual.shards s set owner = null, epoch = s.epoch + 1, watermark = greatest(s.watermark, punctual.at(h.watermark_ms))
     from unnest($2::smallint[], $3::bigint[], $4::float8[]) as h(shard, epoch, watermark_ms)
     where s.shard = h.shard and s.epoch = h.epoch and s.owner = $1`,
    [nodeId, held.map((row) => row.shard), held.map((row) => row.epoch), held.map(scanStartMs)],
  );
}

/** Stores how far owned shards were scanned, for whoever takes them over. */
export async function storeWatermarks(db: Queryable, nodeId: number, held: readonly ShardRow[]): Promise<void> {
  await db.query(
    `update punctual.shards s set watermark = punctual.at(h.watermark_ms)
     from unnest($2::smallint[], $3::bigint[], $4::float8[]) as h(shard, epoch, watermark_ms)
     where s.shard = h.shard and s.epoch = h.epoch and s.owner = $1 and s.watermark < punctual.at(h.watermark_ms)`,
    [nodeId, held.map((row) => row.shard), held.map((row) => row.epoch), held.map(scanStartMs)],
  );
}
