import { queueKey, shardOfQueue } from "../model/ids.ts";
import type { Queryable } from "./database.ts";

/** Counting ends here, so that a look at a queue with a million runs costs no more than 20 ms. */
export const countMost = 10_000;
const waitingMost = 50_000;

/** `ready` and `running` count to one past countMost. */
export type QueueDepth = {
  ready: number;
  running: number;
  waiting: number;
  /** Whether all of its shard's waiting runs were looked at. */
  waiting_exact: boolean;
  oldest_ms: number | null;
  only_pulled: boolean | null;
  any_key_free: boolean | null;
  token_in_ms: number | null;
  now: number;
};

/**
 * What waits in a queue, and what its limits leave.
 *
 * $1 shard, $2 queue, $3 how many ready and running ones are counted, $4 how many waiting ones of the shard are looked at. Locks: none. Index: live_runs_queue,
 * live_runs_queue_held, live_runs_wake.
 */
const depthSql = `
with ready as (
  select l.concurrency_key, l.pulled, l.due_at from punctual.live_runs l where l.shard = $1 and l.queue = $2 and l.state = 'ready' limit $3),
running as (
  select l.concurrency_key from punctual.live_runs l where l.shard = $1 and l.queue = $2 and l.state = 'running' limit $3),
waiting as (
  select l.queue from punctual.live_runs l where l.shard = $1 and l.state = 'waiting' order by l.due_at limit $4),
held as (select concurrency_key, count(*) as runs from running group by concurrency_key),
bucket as (
  select q.key_concurrency, q.rate_limit, q.rate_period_ms,
         least(q.rate_burst, q.tokens + greatest(0, punctual.ms(punctual.clock()) - punctual.ms(q.tokens_at)) * q.rate_limit / q.rate_period_ms) as tokens
  from punctual.queues q where q.shard = $1 and q.queue = $2)
select (select count(*)::int from ready) as ready, (select count(*)::int from running) as running,
       (select count(*)::int from waiting where queue = $2) as waiting, (select count(*) < $4 from waiting) as waiting_exact,
       (select punctual.ms(min(due_at)) from ready) as oldest_ms, (select bool_and(pulled) from ready) as only_pulled,
       (select bool_or(k.concurrency_key is null or coalesce(h.runs, 0) < coalesce(b.key_concurrency, 1 + coalesce(h.runs, 0)))
        from (select distinct concurrency_key from ready) k left join held h on h.concurrency_key = k.concurrency_key) as any_key_free,
       case when b.tokens + 1e-6 < 1 then (1 - b.tokens) * b.rate_period_ms / b.rate_limit end as token_in_ms, punctual.ms(punctual.clock()) as now
from bucket b`;

/** See depthSql. @returns null when there is no such queue */
export async function readQueueDepth(db: Queryable, tenantId: number, name: string): Promise<QueueDepth | null> {
  const queue = queueKey(tenantId, name);
  const { rows } = await db.query<QueueDepth>({
    name: "queue_depth",
    text: depthSql,
    values: [shardOfQueue(queue), queue, countMost + 1, waitingMost],
  });
  return rows[0] ?? null;
}
