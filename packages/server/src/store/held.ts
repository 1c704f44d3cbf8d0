import { sameRun } from "./by-key.ts";
import type { Queryable } from "./database.ts";

/** A run that a node holds, and which hold of it. */
export type Held = { shard: number; run_id: string; attempt: number; held_ms: number };

/**
 * Runs this node has held for a while, for it to compare with what it knows: a fire or claim whose answer was lost may have been carried out.
 *
 * $1 all shards, $2 this node, $3 held for at least this many ms. Locks: none. Index: live_runs_holder, from the node's held_since on: with a snapshot held elsewhere all that it ever
 * held is still there.
 *
 * @returns the database's time, too: whatever was taken so long before it is among them
 */
export async function readLongHeld(
  db: Queryable,
  nodeId: number,
  shards: readonly number[],
  heldForMs: number,
): Promise<{ nowMs: number; held: Held[] }> {
  const { rows } = await db.query<{ now: number; held: Held[] | null }>({
    name: "long_held",
    text: `select punctual.ms(punctual.clock()) as now, (
             select jsonb_agg(jsonb_build_object('shard', l.shard, 'run_id', l.run_id, 'attempt', l.attempt, 'held_ms', punctual.ms(l.due_at)))
             from punctual.nodes n cross join unnest($1::smallint[]) as s(shard)
             cross join lateral (
               select * from punctual.live_runs l
               where l.shard = s.shard and l.state = 'running' and l.holder = n.node_id
                 and l.due_at >= n.held_since and l.due_at < punctual.clock() - $3 * interval '1 millisecond') l
             where n.node_id = $2) as held`,
    values: [shards, nodeId, heldForMs],
  });
  return { nowMs: rows[0]?.now ?? Number.NaN, held: rows[0]?.held ?? [] };
}

/** Notes that the node has held no run for longer than since then, by the database's clock. */
export async function moveHeldSince(db: Queryable, nodeId: number, toMs: number): Promise<void> {
  await db.query({
    name: "held_since",
    text: "update punctual.nodes set held_since = punctual.at($2) where node_id = $1",
    values: [nodeId, toMs],
  });
}

/**
 * Of these runs those that the node holds.
 *
 * $1 JSON array of [shard, run], $2 the node. Locks: none. Index: primary key of live_runs.
 */
export async function readHeldAmong(db: Queryable, nodeId: number, runs: readonly { shard: number; runId: string }[]): Promise<Held[]> {
  const { rows } = await db.query<Held>({
    name: "held_among",
    text: `select l.shard, l.run_id, l.attempt, punctual.ms(l.due_at) as held_ms
           from (select (v->>0)::smallint as shard, (v->>1)::uuid as run_id from jsonb_array_elements($1::jsonb) v) r
           join punctual.live_runs l on ${sameRun("l", "r")}
           where l.holder = $2`,
    values: [JSON.stringify(runs.map(({ shard, runId }) => [shard, runId])), nodeId],
  });
  return rows;
}
