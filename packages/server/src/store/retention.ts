import { type Database, type Queryable, transaction } from "./database.ts";

/** How long ended runs and their attempts are kept, and open dead letters with theirs. */
export type Retention = { retentionDays: number; deadLetterRetentionDays: number };

/** What of a day is moved to the default partition at most; more stays in a partition of its own, so that the locks of the move are short. */
const mostToMove = 2_000;
/** For the one statement that copies what is kept of a day. It holds up nobody. */
const copyTimeoutMs = 60_000;

type Partition = { name: string; parent: "finished_runs" | "attempts"; start: string; stop: string };

/**
 * Drops the daily partitions that ended before the retention, whole: deleting rows would leave as many dead ones behind. What belongs to an open dead letter, or
 * to a run that is live again, is kept: taken out of the partition and put back behind it in the transaction that drops it, so that it is in one place at any
 * moment.
 *
 * @returns names of those dropped, and how many rows were kept
 */
export async function dropExpiredPartitions(db: Database, retention: Retention): Promise<{ dropped: string[]; kept: number }> {
  const dropped: string[] = [];
  let kept = 0;
  for (const { name } of await expiredPartitions(db, "_kept", Math.max(retention.retentionDays, retention.deadLetterRetentionDays))) {
    await transaction(db, async (tx) => {
      await waitBriefly(tx);
      await tx.query(`drop table if exists punctual.${name}`);
    });
    dropped.push(name);
  }
  for (const partition of await expiredPartitions(db, "", retention.retentionDays)) {
    const rows = await transaction(db, (tx) => retire(tx, partition));
    if (rows === null) continue;
    dropped.push(partition.name);
    kept += rows;
  }
  return { dropped, kept };
}

async function expiredPartitions(db: Queryable, suffix: "" | "_kept", days: number): Promise<Partition[]> {
  const { rows } = await db.query<Partition>(
    `with parts as (
       select c.relname as name, p.relname as parent, to_date(substring(c.relname from '_([0-9]{8})'), 'YYYYMMDD') as day
       from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
       where i.inhparent = any (array['punctual.finished_runs'::regclass, 'punctual.attempts'::regclass]) and c.relname ~ ('_[0-9]{8}' || $2 || '$'))
     select name, parent, (day::timestamp at time zone 'UTC')::text as start, ((day + 1)::timestamp at time zone 'UTC')::text as stop
     from parts where day + 1 <= (punctual.clock() at time zone 'UTC')::date - $1::int order by day, name`,
    [days, suffix],
  );
  return rows;
}

/** All runs that end meanwhile queue behind a DROP that waits. A slow reader of history puts retention off, not the engine. */
async function waitBriefly(tx: Queryable): Promise<void> {
  await tx.query("set local lock_timeout = '100ms'");
}

/**
 * Copies what is kept while everybody goes on, then stops the writers for the moment of the change. Locks: the parent, and only then the partition: the other
 * way round it would wait for a writer who waits for it.
 *
 * @returns how many rows were kept; null when another node was quicker
 */
async function retire(tx: Queryable, { name, parent, start, stop }: Partition): Promise<number | null> {
  await waitBriefly(tx);
  const { rows: present } = await tx.query<{ found: string | null }>(`select to_regclass('punctual.${name}') as found`);
  if (!present[0]?.found) return null;
  const keep = `${name}_kept`;
  // The check lets it be attached without being read.
  await tx.query(
    `create table punctual.${keep} (like punctual.${parent} including all, check (finished_at is not null and finished_at >= '${start}' and finished_at < '${stop}'))`,
  );
  await tx.query(`set local statement_timeout = ${copyTimeoutMs}`);
  const copy = {
    text: keptSql[parent](name, keep),
    values: parent === "attempts" ? [start, stop] : [],
    query_timeout: copyTimeoutMs + 1_000,
  };
  const { rowCount: copied } = await tx.query(copy);
  await tx.query(`lock table punctual.${parent} in access exclusive mode`);
  const kept = (copied ?? 0) - (parent === "finished_runs" ? await catchUp(tx, name, keep) : 0);
  await tx.query(`drop table punctual.${name}`);
  if (kept > mostToMove) {
    await tx.query(`alter table punctual.${parent} attach partition punctual.${keep} for values from ('${start}') to ('${stop}')`);
  } else {
    await tx.query(`insert into punctual.${parent} select * from punctual.${keep}`);
    await tx.query(`drop table punctual.${keep}`);
  }
  return kept;
}

/**
 * What became of dead letters while they were copied: some were replayed or discarded, some got a note. Index: primary keys of both.
 *
 * @returns how many are to be kept no more
 */
async function catchUp(tx: Queryable, name: string, keep: string): Promise<number> {
  const { rowCount } = await tx.query(
    `delete from punctual.${keep} k where (
       select true from punctual.${name} f
       where f.shard = k.shard and f.run_id = k.run_id and f.finished_at = k.finished_at and f.state = 'dead' and f.resolved_at is null) is null`,
  );
  await tx.query(
    `update punctual.${keep} k set note = f.note from punctual.${name} f
     where f.shard = k.shard and f.run_id = k.run_id and f.finished_at = k.finished_at and f.note is distinct from k.note`,
  );
  return rowCount ?? 0;
}

/** What is kept of a partition. Index: finished_runs_dead; for attempts, by each run, the partition's primary key. */
const keptSql = {
  finished_runs: (name: string, keep: string) => `
insert into punctual.${keep} select * from punctual.${name} f where f.state = 'dead' and f.resolved_at is null`,
  attempts: (name: string, keep: string) => `
insert into punctual.${keep}
select a.* from (
  select f.shard, f.run_id from punctual.finished_runs f
  where f.state = 'dead' and f.resolved_at is null and f.finished_at >= $1 and f.started_at < $2
  union
  select l.shard, l.run_id from punctual.live_runs l where l.attempt > 0 and l.started_at < $2) r
cross join lateral (select * from punctual.${name} p where p.shard = r.shard and p.run_id = r.run_id) a`,
} as const;
