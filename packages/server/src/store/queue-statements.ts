/**
 * The hot statements of queues. A queue lives in one shard with its jobs and runs, so that each of them is bounded by shard; only `queuesWithWorkSql` carries
 * several shards at once, as those in hot-statements.ts do.
 */

/**
 * Claims ready runs of one queue within its limits: exactly for concurrency, at most a burst beyond the rate.
 *
 * Exact, because it acts only if the queue's row is still the one it read: a claim that committed meanwhile has raised `claims`, so that this one, having
 * counted without that one's runs, finds its row changed when it gets the lock, and takes nothing (`raced`). Running runs only become fewer otherwise. A
 * queue without any limit writes no row, so that its claimers pass by each other.
 *
 * Fair turn: the concurrency keys that have ready runs are walked from where the last claim ended, around once (-1 stands for runs without a key), one step of
 * the index a key however long its backlog. Keys at their limit are passed by; after a thousand of those the next claim goes on there. Of each key up to four
 * fair shares of the room are looked at, so that priorities can be compared without reading every backlog. Higher priority goes first, then each key's first,
 * each key's second. Without a limit no row remembers the turn, so that it starts anywhere.
 *
 * What is picked is locked and stays in its place, where the update finds it without the index; see claimOf in hot-statements.ts.
 *
 * $1 shard, $2 queue, $3 how many at most, $4 holder, $5 the node that must have its lease, or null for a worker, who gets runs that workers pull;
 * $6 the worker's name, $7 its lease in ms, $8 origins to leave, $9 where the turn starts when no row knows. Locks: the runs looked at, skipping locked ones;
 * the queue's row. Index: primary key of queues, live_runs_queue, live_runs_queue_held.
 * Returns a row for each run claimed, or one row without a run that tells why there is none.
 */
export const claimFromQueueSql = `
with recursive seen as (
  select q.concurrency, q.key_concurrency, q.rate_limit, q.rate_period_ms, q.claims, coalesce(q.paused_at is not null, false) as paused,
         coalesce(q.concurrency, q.key_concurrency, q.rate_limit) is not null as bound,
         case when coalesce(q.concurrency, q.key_concurrency, q.rate_limit) is not null then coalesce(q.last_key, -1) else $9::bigint end as last_key,
         case when q.rate_limit is not null then
           least(q.rate_burst, q.tokens + greatest(0, punctual.ms(punctual.clock()) - punctual.ms(q.tokens_at)) * q.rate_limit / q.rate_period_ms) end as tokens,
         q.concurrency - case when q.concurrency is not null then (
           select count(*)::int from punctual.live_runs h where h.shard = $1 and h.queue = $2 and h.state = 'running') end as free
  from (select) as one left join punctual.queues q on q.shard = $1 and q.queue = $2),
room as (
  -- A hair more than the tokens: sums of fractions fall short of the whole by as much.
  select greatest(0, least($3::int, free, floor(tokens + 1e-6)))::int as most from seen
  where not paused and ($5::bigint is null or exists (select from punctual.nodes n where n.node_id = $5 and n.lease_until > punctual.clock()))),
walk (key, step, wrapped, key_free, open) as (
  select s.last_key, 0, false, null::int, 0 from seen s, room r where r.most > 0
  union all
  select n.key, w.step + 1, w.wrapped or n.key = -1, f.free, w.open + case when f.free <= 0 then 0 else 1 end
  from walk w cross join seen s
  cross join lateral (
    select coalesce((
      select l.concurrency_key from punctual.live_runs l
      where l.shard = $1 and l.queue = $2 and l.pulled = ($5::bigint is null) and l.state = 'ready' and l.concurrency_key > w.key
      order by l.concurrency_key limit 1), -1) as key) n
  cross join lateral (
    select case when s.key_concurrency is not null and n.key <> -1 then s.key_concurrency - (
      select count(*)::int from punctual.live_runs h
      where h.shard = $1 and h.queue = $2 and h.state = 'running' and h.concurrency_key = n.key) end as free) f
  where w.step < 1000 and w.open < 200 and not (w.wrapped and (n.key = -1 or n.key > s.last_key))),
shares as (
  select w.key, w.step, least(r.most, w.key_free, ceil(4.0 * r.most / count(*) over ()))::int as share
  from walk w, room r where w.step > 0 and (w.key_free is null or w.key_free > 0)),
best as (
  select c.place_of, k.key, row_number() over (order by c.priority desc, c.turn, k.step) as place
  from shares k
  cross join lateral (
    select m.place_of, m.priority, row_number() over (order by m.priority desc, m.due_at) as turn from (
      select * from (select l.ctid as place_of, l.priority, l.due_at from punctual.live_runs l
       where l.shard = $1 and l.queue = $2 and l.pulled = ($5::bigint is null) and l.state = 'ready' and l.concurrency_key = k.key
         and l.origin <> all ($8::int[])
       order by l.priority desc, l.due_at limit k.share for update skip locked) keyed
      union all
      -- All of one key, the null; ordered by it as well, as the index is, or all that waits in the queue would be read and sorted (of 4,000: 2.6 ms a claim).
      select * from (select l.ctid as place_of, l.priority, l.due_at from punctual.live_runs l
       where l.shard = $1 and l.queue = $2 and l.pulled = ($5::bigint is null) and l.state = 'ready' and l.concurrency_key is null and k.key = -1
         and l.origin <> all ($8::int[])
       order by l.concurrency_key, l.priority desc, l.due_at limit k.share for update skip locked) keyless) m) c
  order by place limit (select most from room)),
turn as (
  select (select count(*) from best) as taken, (select max(step) from walk) >= 1000 as cut,
         nullif(coalesce((select key from best order by place desc limit 1), (select last_key from seen)), -1) as last_key,
         nullif((select key from walk order by step desc limit 1), -1) as cut_key),
gate as (
  update punctual.queues q
  set claims = q.claims + 1, tokens = coalesce(s.tokens - t.taken, q.tokens),
      tokens_at = case when s.tokens is null then q.tokens_at else punctual.at(punctual.ms(punctual.clock())) end,
      last_key = case when t.cut and t.taken < r.most then t.cut_key else t.last_key end
  from seen s, room r, turn t
  where q.shard = $1 and q.queue = $2 and q.claims = s.claims and s.bound and (t.taken > 0 or t.cut)
  returning q.queue),
claimed as (
  update punctual.live_runs l
  set state = 'running', holder = $4, attempt = l.attempt + 1, due_at = punctual.clock(), started_at = coalesce(l.started_at, punctual.clock()),
      worker = $6, starts_by = case when $5::bigint is null then l.expires_at end,
      expires_at = case when $5::bigint is null then punctual.clock() + $7::float8 * interval '1 millisecond' else l.expires_at end
  from best b
  where l.ctid = b.place_of and (exists (select from gate) or not (select bound from seen))
  returning l.shard, l.run_id, l.job_id, l.tenant_id, l.revision, punctual.ms(l.nominal_at) as nominal_ms, l.attempt,
            punctual.ms(coalesce(l.retried_at, l.started_at)) as started_ms, l.origin, l.payload, l.priority, b.place)
select c.shard, c.run_id, c.job_id, c.tenant_id, c.revision, c.nominal_ms, c.attempt, c.started_ms, c.origin, c.payload, punctual.ms(punctual.clock()) as now,
       s.bound and t.taken > 0 and not exists (select from gate) as raced, s.paused, s.free <= 0 as full,
       case when s.tokens + 1e-6 < 1 then ceil((1 - s.tokens) * s.rate_period_ms / s.rate_limit) end as token_in_ms
from seen s cross join turn t left join claimed c on true order by c.place`;

/**
 * Gives back what claims took of a queue's rate for runs that were then handed back unbegun: the rate counts attempts that begin. A claim at the same moment may
 * write over it, as it has read the tokens before; then the queue is a little slower than it may be, and never faster.
 *
 * $1 shard, $2 queue, $3 how many. Locks: the queue's row. Index: primary key of queues.
 */
export const giveTokensBackSql = `
update punctual.queues q set tokens = least(q.rate_burst, q.tokens + $3::int) where q.shard = $1 and q.queue = $2 and q.rate_limit is not null`;

/**
 * Queues of these shards that have ready runs for nodes to carry out and are not paused: a skip scan, one step a queue however long its backlog.
 *
 * $1 shards, $2 queues to leave, $3 how many of each shard. Locks: none. Index: live_runs_queue, primary key of queues.
 */
export const queuesWithWorkSql = `
select s.shard, w.queue from unnest($1::smallint[]) as s(shard)
cross join lateral (
  with recursive walk as (
    (select l.queue from punctual.live_runs l where l.shard = s.shard and l.state = 'ready' and l.queue is not null order by l.queue limit 1)
    union all
    select (select l.queue from punctual.live_runs l where l.shard = s.shard and l.state = 'ready' and l.queue > w.queue order by l.queue limit 1)
    from walk w where w.queue is not null)
  select w.queue from walk w
  where w.queue is not null and w.queue <> all ($2::bigint[])
    and exists (select from punctual.live_runs l where l.shard = s.shard and l.queue = w.queue and l.state = 'ready' and not l.pulled)
    and not exists (select from punctual.queues q where q.shard = s.shard and q.queue = w.queue and q.paused_at is not null)
  limit $3) w`;
