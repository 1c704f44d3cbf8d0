import type { Queryable } from "./database.ts";
import { newestMigration } from "./migrate.ts";

export type LiveNode = { nodeId: number; name: string; version: string; draining: boolean; leaseLeftMs: number };

/** Registers this boot as a new node with a lease. @returns its id, the database's time, and the server process that answered */
export async function registerNode(
  db: Queryable,
  node: { name: string; version: string; beat: string; slots: number },
  ttlMs: number,
): Promise<{ nodeId: number; nowMs: number; backendPid: number }> {
  const { rows } = await db.query<{ node_id: string; now: number; pid: number }>(
    `insert into punctual.nodes (name, version, started_at, lease_until, beat, slots, ttl_ms, backend_pid, knows_migration)
     values ($1, $2, punctual.clock(), punctual.clock() + $3 * interval '1 millisecond', $4, $5, $3, pg_backend_pid(), $6)
     returning node_id, punctual.ms(punctual.clock()) as now, backend_pid as pid`,
    [node.name, node.version, ttlMs, node.beat, node.slots, newestMigration()],
  );
  return { nodeId: Number(rows[0]?.node_id), nowMs: rows[0]?.now ?? Number.NaN, backendPid: rows[0]?.pid ?? 0 };
}

/** What a node tells of itself with every renewal; `silentMs` is for how long nothing else of it has reached the database. */
export type NodeLoad = { running: number; clockOffsetMs: number; silentMs: number };

/**
 * Extends the lease, if this is still the process that made the last renewal and nobody has buried the node. A lease that ran out while the database was
 * away can be renewed: nobody took the node's runs, and burying every node after each outage would run everything twice that was under way.
 *
 * `nextBeat` is sent again when an answer was lost, and then matches what that renewal may have written; a cloned machine knows neither.
 *
 * @returns the database's time, the server process that answered, and whether there is another node that is not buried; null when the lease is lost
 */
export async function renewNode(
  db: Queryable,
  node: { nodeId: number; beat: string; nextBeat: string },
  ttlMs: number,
  load: NodeLoad,
): Promise<{ nowMs: number; backendPid: number; hasOthers: boolean } | null> {
  const { rows } = await db.query<{ now: number; pid: number; has_others: boolean }>({
    name: "renew_node",
    text: `update punctual.nodes
     set lease_until = punctual.clock() + $4 * interval '1 millisecond', beat = $3, ttl_ms = $4, backend_pid = pg_backend_pid(), running = $5,
         clock_offset_ms = $6, silent_ms = $7
     where node_id = $1 and beat in ($2, $3) and buried_at is null
     returning punctual.ms(punctual.clock()) as now, backend_pid as pid,
               exists (select from punctual.nodes o where o.node_id <> $1 and o.buried_at is null) as has_others`,
    values: [node.nodeId, node.beat, node.nextBeat, ttlMs, load.running, load.clockOffsetMs, Math.round(load.silentMs)],
  });
  return rows[0] ? { nowMs: rows[0].now, backendPid: rows[0].pid, hasOthers: rows[0].has_others } : null;
}

/** Says that the node is leaving: others plan without it, while it still holds its lease to finish what runs. */
export async function markDraining(db: Queryable, nodeId: number): Promise<void> {
  await db.query("update punctual.nodes set draining = true where node_id = $1", [nodeId]);
}

/** The node's own farewell: ends its lease now instead of letting it run out, so that others need not wait. */
export async function buryItself(db: Queryable, nodeId: number): Promise<void> {
  await db.query(
    `update punctual.nodes set lease_until = least(lease_until, punctual.clock()), draining = true, buried_at = punctual.clock()
     where node_id = $1 and buried_at is null`,
    [nodeId],
  );
}

/**
 * Ends the lease of a node whose work has been cut off for 3/4 of a TTL, if there is another that can do it: one that stays, and has told within 5/16 of a TTL (it
 * renews every quarter) that it was not silent for as much as 1/16. Whoever was cut off together with this node knows by then, as each asks every second: with 4 s it
 * asks within 1 s, tells of it from 1.25 s on, and what it told before 1.75 s is too old. Alone, or in an outage for all, it is better to go on waiting: nobody would
 * take the node's runs, and they would be made again for nothing.
 *
 * @returns whether the lease was ended
 */
export async function giveUpLease(db: Queryable, nodeId: number, ttlMs: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update punctual.nodes set lease_until = least(lease_until, punctual.clock()), draining = true, buried_at = punctual.clock()
     where node_id = $1 and buried_at is null and exists (
       select from punctual.nodes o where o.node_id <> $1 and o.lease_until > punctual.clock() and not o.draining and o.silent_ms < $2::float8 / 16
         and o.lease_until - (o.ttl_ms - $2::float8 * 5 / 16) * interval '1 millisecond' > punctual.clock())`,
    [nodeId, ttlMs],
  );
  return rowCount === 1;
}

/**
 * Buries the nodes whose lease has ended: their runs become orphans. The caller must have renewed its own lease without a gap for a whole TTL, so that after
 * an outage of the database every node has had the time to come back first.
 *
 * @returns the ids of those buried
 */
export async function buryExpired(db: Queryable): Promise<number[]> {
  const { rows } = await db.query<{ node_id: string }>({
    name: "bury_expired",
    text: "update punctual.nodes set buried_at = punctual.clock() where lease_until <= punctual.clock() and buried_at is null returning node_id",
  });
  return rows.map((row) => Number(row.node_id));
}

/**
 * Buries the nodes whose process has died: the server process of their connection is gone, and they have missed a renewal. A node that only lost its
 * connection renews over a new one in between; one that is cut off while its connection stays half open is buried when its lease ends. Behind a pooler the
 * server process says nothing of the node's, and then a node that has merely missed a renewal is told by the same rule only if its pooler closed that
 * connection too.
 *
 * The caller must have renewed its own lease without a gap, over one connection, for a whole TTL: a restart of the database ends everybody's connection.
 *
 * A renewal lasts 1 TTL and is made every quarter of it: 5/16 of a TTL without one is a quarter more than that.
 *
 * @returns the ids of those buried
 */
export async function buryCrashed(db: Queryable, byNodeId: number): Promise<number[]> {
  const { rows } = await db.query<{ node_id: string }>({
    name: "bury_crashed",
    text: `with late as materialized (
       select node_id, lease_until, backend_pid from punctual.nodes
       where buried_at is null and node_id <> $1 and backend_pid is not null
         and lease_until - ttl_ms * 11 / 16.0 * interval '1 millisecond' < punctual.clock())
     update punctual.nodes n set lease_until = least(n.lease_until, punctual.clock()), buried_at = punctual.clock()
     from late
     -- Unchanged since it was read: it has not renewed meanwhile.
     where n.node_id = late.node_id and n.lease_until = late.lease_until and n.buried_at is null
       and not exists (select from pg_stat_get_activity(late.backend_pid))
     returning n.node_id`,
    values: [byNodeId],
  });
  return rows.map((row) => Number(row.node_id));
}

export async function liveNodes(db: Queryable): Promise<LiveNode[]> {
  const { rows } = await db.query<{ node_id: string; name: string; version: string; draining: boolean; lease_left_ms: number }>({
    name: "live_nodes",
    text: `select node_id, name, version, draining, punctual.ms(lease_until) - punctual.ms(punctual.clock()) as lease_left_ms
     from punctual.nodes where lease_until > punctual.clock() order by node_id`,
  });
  return rows.map((row) => ({
    nodeId: Number(row.node_id),
    name: row.name,
    version: row.version,
    draining: row.draining,
    leaseLeftMs: row.lease_left_ms,
  }));
}

/**
 * Forgets nodes that ended an hour ago and hold nothing, as orphansSql looks for it. Until then their rows are what marks their runs as orphaned, also those of a statement that was
 * already under way when the lease ended.
 */
export async function forgetNodes(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(
    `delete from punctual.nodes n
     where n.buried_at < punctual.clock() - interval '1 hour'
       and (select count(*) from punctual.shards s cross join lateral (
              select from punctual.live_runs l
              where l.shard = s.shard and l.state = 'running' and l.holder = n.node_id
                and l.due_at >= least(n.held_since, n.lease_until - interval '2 minutes')
              limit 1) l) = 0`,
  );
  return rowCount ?? 0;
}
