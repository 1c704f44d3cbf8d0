import type { Queryable } from "./database.ts";

/** One channel for all; a message is a hint, never the truth: who misses it finds out by polling. */
export const channel = "punctual";

/**
 * `wake`: these shards may have something due sooner than their owner knows. `pulled`: runs for workers became ready in these shards, for whichever node the
 * workers wait on. `cluster`: a node came or went, or shards were released. `breakers`: one has changed.
 */
export type Message = { wake?: number[]; pulled?: number[] } | { cluster: true } | { breakers: true };

/** In a transaction of its own: notifying holds a database-wide lock from before the commit until after its fsync. */
export async function notify(db: Queryable, message: Message): Promise<void> {
  await db.query("select pg_notify($1, $2)", [channel, JSON.stringify(message)]);
}
