import { sameRun } from "./by-key.ts";

/**
 * The statements about runs that breakers hold back: bounded by shard, several shards at once, as in hot-statements.ts. Such a run is waiting, with `held`, out of
 * the way of the claim.
 */

/**
 * Parks the ready runs of origins that are shut, so that claims need not walk over them. Only the first of each shard are looked at: what lies behind them
 * is in nobody's way yet.
 *
 * $1 shards, $2 tenants, $3 an origin of each, $4 how many of each shard, $5 for how many ms. Locks: the rows parked, skipping locked ones.
 * Index: live_runs_claim, primary key of live_runs.
 */
export const parkSql = `
with front as (
  select r.shard, r.run_id from unnest($1::smallint[]) as s(shard)
  cross join lateral (
    select l.shard, l.run_id, l.tenant_id, l.origin from punctual.live_runs l
    where l.shard = s.shard and l.state = 'ready' and l.queue is null
    order by l.priority desc, l.due_at limit $4) r
  where (r.tenant_id, r.origin) in (select * from unnest($2::int[], $3::int[]))),
picked as (
  select l.shard, l.run_id from front f join punctual.live_runs l on ${sameRun("l", "f")}
  where l.state = 'ready' for update of l skip locked)
update punctual.live_runs l
set state = 'waiting', held = 'breaker', due_at = punctual.clock() + $5 * interval '1 millisecond'
from picked p where ${sameRun("l", "p")}`;

/**
 * Lets held runs out: higher priority first, then the newest. As long as their number is limited, runs of paused queues stay: they could not begin.
 *
 * $1 shards, $2 tenants, $3 an origin of each, $4 how many of each origin, $5 how many of each origin and shard, $6 whether those of paused queues too. Locks: the rows let out, skipping locked
 * ones. Index: live_runs_breaker, primary key of live_runs.
 */
export const letOutSql = `
with chosen as (
  select best.shard, best.run_id from unnest($2::int[], $3::int[], $4::int[], $5::int[]) as o(tenant_id, origin, total, per_shard)
  cross join lateral (
    select r.shard, r.run_id from unnest($1::smallint[]) as s(shard)
    cross join lateral (
      select l.shard, l.run_id, l.priority, l.nominal_at from punctual.live_runs l
      where l.shard = s.shard and l.held = 'breaker' and l.origin = o.origin and l.tenant_id = o.tenant_id
        and (l.queue is null or $6::boolean or (select q.paused_at from punctual.queues q where q.shard = l.shard and q.queue = l.queue) is null)
      order by l.priority desc, l.nominal_at desc limit o.per_shard) r
    order by r.priority desc, r.nominal_at desc limit o.total) best),
picked as (
  select l.shard, l.run_id from chosen c join punctual.live_runs l on ${sameRun("l", "c")}
  -- In words that live_runs_breaker does not match: by that index, all that is held would be walked for it.
  where coalesce(l.held, '') = 'breaker' for update of l skip locked)
update punctual.live_runs l set state = 'ready', held = null, due_at = punctual.clock()
from picked p where ${sameRun("l", "p")}
returning l.tenant_id, l.origin`;

/**
 * Which of these origins have runs that are held and could be let out.
 *
 * $1 shards, $2 tenants, $3 an origin of each. Locks: none. Index: live_runs_breaker.
 */
export const heldOriginsSql = `
select o.tenant_id, o.origin from unnest($2::int[], $3::int[]) as o(tenant_id, origin)
where exists (
  select from unnest($1::smallint[]) as s(shard)
  cross join lateral (
    select from punctual.live_runs l
    where l.shard = s.shard and l.held = 'breaker' and l.origin = o.origin and l.tenant_id = o.tenant_id
      and (l.queue is null or (select q.paused_at from punctual.queues q where q.shard = l.shard and q.queue = l.queue) is null)
    limit 1) h)`;
