import { setTimeout as delay } from "node:timers/promises";
import { type Database, openDatabase } from "../../../packages/server/src/store/database.ts";

/** What the backends at work were at, over all samples. `CPU` is work itself: nothing was waited for. */
export type Waits = { samples: number; backends: number; events: { event: string; seen: number }[] };

type Seen = { event: string; backends: number };

const everyMs = 50;

/** Backends of this database that carry out a statement; those that wait for their client do not. */
const activeSql = `
select coalesce(wait_event_type || ': ' || wait_event, 'CPU') as event, count(*)::int as backends
from pg_stat_activity
where datname = current_database() and state = 'active' and pid <> pg_backend_pid() and backend_type <> 'walsender'
  and wait_event_type is distinct from 'Client'
group by 1`;

/** Adds samples up, the most frequent event first. */
export function tally(samples: readonly (readonly Seen[])[]): Waits {
  const counts = new Map<string, number>();
  for (const { event, backends } of samples.flat()) counts.set(event, (counts.get(event) ?? 0) + backends);
  const events = [...counts].map(([event, seen]) => ({ event, seen })).sort((a, b) => b.seen - a.seen);
  return { samples: samples.length, backends: events.reduce((sum, { seen }) => sum + seen, 0), events };
}

/** Samples over a connection of its own until it is ended, which closes that. */
export function sampleWaits(url: string): () => Promise<Waits> {
  const db = openDatabase({
    ...{ url, applicationName: "punctual bench sampler", maxConnections: 1 },
    ...{ statementTimeoutMs: 10_000, connectTimeoutMs: 5_000 },
  });
  const ending = new AbortController();
  const ended = sample(db, ending.signal);
  // Told to whoever ends it.
  ended.catch(() => {});
  let found: Promise<Waits> | null = null;
  const end = async (): Promise<Waits> => {
    ending.abort();
    try {
      return tally(await ended);
    } finally {
      await db.end();
    }
  };
  return () => (found ??= end());
}

async function sample(db: Database, signal: AbortSignal): Promise<Seen[][]> {
  const samples: Seen[][] = [];
  while (!signal.aborted) {
    samples.push((await db.query<Seen>({ name: "active", text: activeSql })).rows);
    // Ended while it waits, which is no failure.
    await delay(everyMs, undefined, { signal }).catch(() => {});
  }
  return samples;
}
