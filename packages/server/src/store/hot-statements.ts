import { sameRun } from "./by-key.ts";

/**
 * The statements of the hot path, each bounded by shard, and the only ones of the engine that carry several shards at once: one round trip for all owned
 * shards costs 0.14 of a core at 3,000 runs a second, one for each of 64 shards 0.76. On a database distributed by shard this file is what would be sent
 * shard by shard; nothing else would change.
 *
 * Each takes its rows as one JSON array of tuples, which beats arrays for unnest (8.5 against 11.6 us a row). Times are epoch milliseconds.
 */

/** What is due of each shard, from one end or the other. */
function dueFrom(end: "asc" | "desc"): string {
  return `
select s.shard, c.job_id, c.tenant_id, c.revision, punctual.ms(c.next_at) as next_ms, punctual.ms(c.due_at) as due_ms, c.fired,
       punctual.ms(punctual.clock()) as now, c.ctid::text as place
from unnest($1::smallint[], $2::float8[]) as s(shard, watermark)
cross join lateral (
  select *, c.ctid from punctual.cursors c
  where c.shard = s.shard and c.due_at >= punctual.at(s.watermark) and c.due_at <= punctual.clock()
  order by c.due_at ${end} limit $3) c`;
}

/**
 * Cursors that are due, oldest first within each shard.
 *
 * $1 shards, $2 a watermark for each (nothing older is looked for), $3 how many of each. Locks: none. Index: cursors_due, whose range begins at the
 * watermark so that dead entries left by earlier firings are not walked again (with a snapshot pinned elsewhere: 46 k runs/s fall to 29 k instead of 6 k).
 */
export const dueSql = dueFrom("asc");

/**
 * The same from the other end, the latest first: what became due behind a herd that one look cannot take.
 *
 * Parameters and locks as of dueSql. Index: cursors_due, backwards.
 */
export const newestDueSql = dueFrom("desc");

/**
 * The database's time, and when the earliest cursor of these shards is due (null: none).
 *
 * $1 shards, $2 watermarks. Locks: none. Index: cursors_due.
 */
export const peekSql = `
select punctual.ms(punctual.clock()) as now, (
  select min(punctual.ms(c.due_at)) from unnest($1::smallint[], $2::float8[]) as s(shard, watermark)
  cross join lateral (
    select c.due_at from punctual.cursors c
    where c.shard = s.shard and c.due_at >= punctual.at(s.watermark) and c.due_at < 'infinity'
    order by c.due_at limit 1) c) as next_due_ms`;

/**
 * Retries whose time has come, and runs held for so long that they are to be looked at anew: waiting becomes ready. Not those held for overlap: their turn is
 * decided by what else of their job is live (overlap-statements.ts).
 *
 * $1 shards, $2 how many of each. Locks: the rows moved, skipping locked ones. Index: live_runs_wake.
 */
export const wakeSql = `
with due as (
  select w.shard, w.run_id from unnest($1::smallint[]) as s(shard)
  cross join lateral (
    select l.shard, l.run_id from punctual.live_runs l
    where l.shard = s.shard and l.state = 'waiting' and l.held is distinct from 'overlap' and l.due_at <= punctual.clock()
    order by l.due_at limit $2 for update skip locked) w)
update punctual.live_runs l set state = 'ready', held = null from due where ${sameRun("l", "due")}`;

/**
 * The earliest time at which a waiting run of these shards is due, but for those held for overlap, and whether any run outside queues is ready.
 *
 * $1 shards. Locks: none. Index: live_runs_wake, live_runs_claim.
 */
export const peekRunsSql = `
select punctual.ms(punctual.clock()) as now, (
  select min(punctual.ms(w.due_at)) from unnest($1::smallint[]) as s(shard)
  cross join lateral (
    select l.due_at from punctual.live_runs l
    where l.shard = s.shard and l.state = 'waiting' and l.held is distinct from 'overlap' order by l.due_at limit 1) w) as next_wake_ms, exists (
  select from unnest($1::smallint[]) as s(shard)
  cross join lateral (select from punctual.live_runs l where l.shard = s.shard and l.state = 'ready' and l.queue is null limit 1) r) as any_ready`;

/**
 * Claims `best`, as far as they are still ready. What is picked is locked and stays in its place, where the update finds it without the index: one that was changed since the
 * statement began is picked in a place that the statement does not see, and is left for the next.
 */
const claimOf = (best: string): string => `
with best as (${best}),
picked as (
  select l.ctid as place from best b join punctual.live_runs l on ${sameRun("l", "b")}
  where l.state = 'ready' for update of l skip locked)
update punctual.live_runs l
set state = 'running', holder = $4, attempt = l.attempt + 1, due_at = punctual.clock(), started_at = coalesce(l.started_at, punctual.clock())
from picked p
where l.ctid = p.place
  and exists (select from punctual.nodes n where n.node_id = $4 and n.lease_until > punctual.clock())
returning l.shard, l.run_id, l.job_id, l.tenant_id, l.revision, punctual.ms(l.nominal_at) as nominal_ms, l.attempt,
          punctual.ms(coalesce(l.retried_at, l.started_at)) as started_ms, l.origin, l.payload,
          punctual.ms(punctual.clock()) as now`;

/**
 * Claims ready runs outside queues for this node: higher priority first, then the longest due, over all its shards, so that no shard waits behind another one's backlog.
 * Runs of origins that have their fair share of slots already are left.
 *
 * $1 shards, $2 how many of each, $3 how many in all, $4 this node, $5 origins to leave. Locks: the rows claimed, skipping locked ones; candidates that
 * are not chosen are not locked. Index: live_runs_claim. A node whose lease has ended claims nothing.
 */
export const claimSql = claimOf(`
  select r.shard, r.run_id from unnest($1::smallint[]) as s(shard)
  cross join lateral (
    select l.shard, l.run_id, l.priority, l.due_at from punctual.live_runs l
    where l.shard = s.shard and l.state = 'ready' and l.queue is null and l.origin <> all ($5::int[])
    order by l.priority desc, l.due_at limit $2) r
  order by r.priority desc, r.due_at limit $3`);

/**
 * As claimSql, from the other end: the ready ones among the newest live runs of each shard, higher priority first, then by nominal time, which an id begins with. What was late already when it was
 * fired is not among them. However much else lives in a shard, no more than $2 of it is read.
 *
 * $1 to $5 as of claimSql, $2 how many of each are looked at. Locks: as of claimSql. Index: primary key of live_runs.
 */
export const claimNewestSql = claimOf(`
  select n.shard, n.run_id from unnest($1::smallint[]) as s(shard)
  cross join lateral (
    select l.shard, l.run_id, l.state, l.queue, l.priority, l.origin from punctual.live_runs l
    where l.shard = s.shard order by l.run_id desc limit $2) n
  where n.state = 'ready' and n.queue is null and n.priority >= 0 and n.origin <> all ($5::int[])
  order by n.priority desc, n.run_id desc limit $3`);

/**
 * Runs held by buried nodes. Burial is final (a buried node cannot renew), so that what is read here cannot come back to life.
 *
 * Of what a node ever held, all of which is still there while a snapshot is held elsewhere, only what it took since held_since is looked at. What it took after the database's clock was set
 * back is told by its lease, which ended by that clock.
 *
 * $1 shards, $2 how many of each and of each node. Locks: none; settle's guard decides. Index: live_runs_holder.
 */
export const orphansSql = `
select l.shard, l.run_id, l.job_id, l.revision, l.attempt, l.holder, punctual.ms(l.due_at) as held_ms,
       punctual.ms(coalesce(l.retried_at, l.started_at)) as started_ms, punctual.ms(punctual.clock()) as now
from punctual.nodes n cross join unnest($1::smallint[]) as s(shard)
cross join lateral (
  select * from punctual.live_runs l
  where l.shard = s.shard and l.state = 'running' and l.holder = n.node_id
    and l.due_at >= least(n.held_since, n.lease_until - interval '2 minutes')
  limit $2) l
where n.buried_at is not null`;

/**
 * Runs held by this node whose end was asked for, a thousand of each shard. Asked twice a second while anything runs: it passes nothing but such runs, however many there are and were.
 *
 * $1 shards the node's runs lie in, $2 this node. Locks: none. Index: live_runs_cancel.
 */
export const cancelRequestsSql = `
select l.run_id, l.cancel_reason from unnest($1::smallint[]) as s(shard)
cross join lateral (
  select * from punctual.live_runs l where l.shard = s.shard and l.state = 'running' and l.holder = $2 and l.cancel_reason is not null
  limit 1000) l`;
