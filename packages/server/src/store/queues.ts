import { queueKey, shardOfQueue } from "../model/ids.ts";
import type { QueueLimits } from "../model/queue-limits.ts";
import type { Queryable } from "./database.ts";

/** Times in epoch ms. */
export type QueueRow = {
  name: string;
  concurrency: number | null;
  key_concurrency: number | null;
  rate_limit: number | null;
  rate_period_ms: number | null;
  rate_burst: number | null;
  paused_ms: number | null;
  pause_reason: string | null;
  created_ms: number;
  updated_ms: number;
};

const columns = `q.name, q.concurrency, q.key_concurrency, q.rate_limit, q.rate_period_ms::float8, q.rate_burst, punctual.ms(q.paused_at) as paused_ms,
  q.pause_reason, punctual.ms(q.created_at) as created_ms, punctual.ms(q.updated_at) as updated_ms`;

/** Where a tenant's queue is. */
const placeOf = (tenantId: number, name: string): [shard: number, queue: number, tenantId: number, name: string] => {
  const queue = queueKey(tenantId, name);
  return [shardOfQueue(queue), queue, tenantId, name];
};

/** The queue, or null. Index: primary key. */
export async function findQueue(db: Queryable, tenantId: number, name: string): Promise<QueueRow | null> {
  const { rows } = await db.query<QueueRow>({
    name: "find_queue",
    text: `select ${columns} from punctual.queues q where q.shard = $1 and q.queue = $2 and q.tenant_id = $3 and q.name = $4`,
    values: placeOf(tenantId, name),
  });
  return rows[0] ?? null;
}

/**
 * A page of a tenant's queues by name. Index: queues_tenant.
 *
 * @param pastName the last name of the page before, or null
 */
export async function listQueues(
  db: Queryable,
  tenantId: number,
  namePrefix: string,
  pastName: string | null,
  limit: number,
): Promise<QueueRow[]> {
  const { rows } = await db.query<QueueRow>({
    name: "list_queues",
    text: `select ${columns} from punctual.queues q
           where q.tenant_id = $1 and q.name like $2 and q.name > $3 order by q.name limit $4`,
    values: [tenantId, `${namePrefix.replace(/[\\%_]/g, "\\$&")}%`, pastName ?? "", limit],
  });
  return rows;
}

/**
 * Sets a queue's limits, or makes it. Tokens saved under the old rate are kept, as far as the new burst goes; a rate where there was none begins with a whole
 * burst. Raising `claims` makes a claim that counted by the old limits take nothing.
 *
 * $1 shard, $2 queue, $3 tenant, $4 name, $5 concurrency, $6 of a key, $7 to $9 rate: limit, period ms, burst. Locks: the queue's row. Index: primary key.
 */
const putQueueSql = `
insert into punctual.queues as q
  (shard, queue, tenant_id, name, concurrency, key_concurrency, rate_limit, rate_period_ms, rate_burst, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, punctual.clock(), punctual.clock())
on conflict (shard, queue) do update
set concurrency = excluded.concurrency, key_concurrency = excluded.key_concurrency, rate_limit = excluded.rate_limit,
    rate_period_ms = excluded.rate_period_ms, rate_burst = excluded.rate_burst, claims = q.claims + 1, updated_at = punctual.clock(),
    tokens = case when q.rate_limit is null then 0 else
      least(q.rate_burst, q.tokens + greatest(0, punctual.ms(punctual.clock()) - punctual.ms(q.tokens_at)) * q.rate_limit / q.rate_period_ms) end,
    tokens_at = case when q.rate_limit is null then '-infinity' else punctual.at(punctual.ms(punctual.clock())) end
where q.tenant_id = excluded.tenant_id and q.name = excluded.name
returning ${columns}, q.claims = 0 and q.created_at = punctual.clock() as is_new`;

export async function putQueue(
  db: Queryable,
  tenantId: number,
  name: string,
  { concurrency, keyConcurrency, rate }: QueueLimits,
): Promise<QueueRow & { is_new: boolean }> {
  const { rows } = await db.query<QueueRow & { is_new: boolean }>({
    name: "put_queue",
    text: putQueueSql,
    values: [...placeOf(tenantId, name), concurrency, keyConcurrency, rate?.limit, rate?.periodMs, rate?.burst],
  });
  if (!rows[0]) throw new ReferenceError("two names share the key of a queue");
  return rows[0];
}

/**
 * Pauses or resumes a queue. A claim of a queue with limits that had not committed takes nothing any more; one without limits may still end what it began.
 *
 * @param pause null to resume
 * @returns the queue, or null when there is none
 */
export async function setQueuePause(
  db: Queryable,
  tenantId: number,
  name: string,
  pause: { reason: string | null } | null,
): Promise<QueueRow | null> {
  const { rows } = await db.query<QueueRow>({
    name: "pause_queue",
    text: `update punctual.queues q
           set paused_at = case when $5 then coalesce(q.paused_at, punctual.clock()) end, pause_reason = $6, claims = q.claims + 1,
               updated_at = case when $5 or q.paused_at is not null then punctual.clock() else q.updated_at end
           where q.shard = $1 and q.queue = $2 and q.tenant_id = $3 and q.name = $4 returning ${columns}`,
    values: [...placeOf(tenantId, name), pause !== null, pause?.reason ?? null],
  });
  return rows[0] ?? null;
}

/**
 * Deletes a queue that no job of its shard names. One that names it at this very moment finds it gone, and no limit holds its runs until somebody sets one.
 *
 * $1 shard, $2 queue, $3 tenant, $4 name. Locks: the queue's row. Index: primary keys of queues and jobs; of a job's definition only the text is searched, as
 * a value in quotes with its field cannot stand in it otherwise than as a field or a header's name.
 */
const deleteQueueSql = `
with naming as (
  select count(*)::int as jobs from (
    select from punctual.jobs j
    where j.shard = $1 and j.tenant_id = $3 and strpos(j.definition, '"queue":"' || $4 || '"') > 0
      and (j.definition::json ->> 'queue' = $4 or j.definition::json #>> '{target,queue}' = $4)
    limit 1001) n),
gone as (
  delete from punctual.queues q
  where q.shard = $1 and q.queue = $2 and q.tenant_id = $3 and q.name = $4 and (select jobs from naming) = 0 returning q.queue)
select jobs, exists (select from gone) as deleted from naming`;

/** @returns whether it was there and is gone, and how many jobs name it (at most 1001 are counted) */
export async function deleteQueue(db: Queryable, tenantId: number, name: string): Promise<{ deleted: boolean; jobs: number }> {
  const { rows } = await db.query<{ deleted: boolean; jobs: number }>({
    name: "delete_queue",
    text: deleteQueueSql,
    values: placeOf(tenantId, name),
  });
  return rows[0] ?? { deleted: false, jobs: 0 };
}
