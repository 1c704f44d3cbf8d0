import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { connectToPrimary } from "./primary.ts";

/** Who owned a shard under which epoch, as it was first seen. */
export type Ownership = { shard: number; owner: number | null; epoch: number; atMs: number };

export type Watched = {
  /** Every change that was seen, in order. */
  ownerships: readonly Ownership[];
  reads: number;
  /** Reads that got no answer: what a client of the database met of the fault. */
  failures: number;
};

/** Stopping it again gives the same. */
export type Watcher = { stop(): Promise<Watched> };

const everyMs = 200;
const clientOptions = { query_timeout: 2_000, application_name: "faults watcher" };

/** Reads the owners of all shards again and again, as a client of the database that is no part of Punctual. */
export function startWatcher(servers: readonly string[]): Watcher {
  let connection: pg.Client | null = null;
  const known = new Map<number, Ownership>();
  const ownerships: Ownership[] = [];
  const counts = { reads: 0, failures: 0 };
  const stopping = new AbortController();

  /** The next look finds a connection of its own. */
  const leave = (): void => {
    connection?.end().catch(() => {});
    connection = null;
  };
  const look = async (): Promise<void> => {
    connection ??= (await connectToPrimary(servers, clientOptions)).client;
    const { rows } = await connection.query<{ shard: number; owner: string | null; epoch: string }>(
      "select shard, owner, epoch from punctual.shards order by shard",
    );
    const atMs = Date.now();
    counts.reads++;
    for (const row of rows) {
      const seen = { shard: row.shard, owner: row.owner === null ? null : Number(row.owner), epoch: Number(row.epoch), atMs };
      const last = known.get(seen.shard);
      if (last && last.owner === seen.owner && last.epoch === seen.epoch) continue;
      known.set(seen.shard, seen);
      ownerships.push(seen);
    }
  };
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      await look().catch(() => {
        counts.failures++;
        leave();
      });
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  const stop = async (): Promise<Watched> => {
    stopping.abort();
    await watching;
    leave();
    return { ownerships, ...counts };
  };
  let stopped: Promise<Watched> | undefined;
  return { stop: () => (stopped ??= stop()) };
}
