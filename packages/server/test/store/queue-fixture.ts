import { randomUUID } from "node:crypto";
import type { Store } from "./fixture.ts";

export type Limits = {
  concurrency?: number;
  keyConcurrency?: number;
  rate?: { limit: number; periodMs: number; burst: number };
  paused?: boolean;
};
export type Queue = { shard: number; queue: number };
let queues = 0;

/** A queue of shard 7. */
export async function addQueue(store: Store, { concurrency, keyConcurrency, rate, paused }: Limits = {}): Promise<Queue> {
  const queue = 7 + 256 * ++queues;
  await store.rows(
    `insert into punctual.queues (shard, queue, tenant_id, name, concurrency, key_concurrency, rate_limit, rate_period_ms, rate_burst, paused_at, created_at, updated_at)
     values (7, $1, 1, $2, $3, $4, $5, $6, $7, $8, now(), now())`,
    [queue, `q${queue}`, concurrency, keyConcurrency, rate?.limit, rate?.periodMs, rate?.burst, paused ? new Date() : null],
  );
  return { shard: 7, queue };
}

/** Ready runs, due one ms after another. @returns their ids in that order */
export async function addRuns(
  store: Store,
  { shard, queue }: Queue,
  count: number,
  {
    key = null,
    priority = 4,
    origin = 1,
    pulled = false,
  }: { key?: number | null; priority?: number; origin?: number; pulled?: boolean } = {},
): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await store.rows(
    `insert into punctual.live_runs
       (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt, queue, concurrency_key, pulled)
     select $1, id, gen_random_uuid(), 1, 1, 'ready', 'scheduled', $3, $4, punctual.clock(), punctual.clock() + n * interval '1 ms', 0, $5, $6, $7
     from unnest($2::uuid[]) with ordinality as t(id, n)`,
    [shard, ids, priority, origin, queue, key, pulled],
  );
  return ids;
}
