/**
 * What the database itself sees while a seed runs. Each trigger is a promise of the engine's README, judged at the moment a row changes, by the database's clock;
 * a breach is written down and fails the seed.
 */
export const witnessesSql = `
create schema simulation;
create table simulation.breaches (place bigint generated always as identity, at_ms float8 not null default punctual.ms(punctual.clock()), what text not null);
-- Cursors that have just moved, and where from: read and emptied after every firing.
create table simulation.moves (job_id uuid not null, from_ms float8 not null);
-- Shards as they were before the last statement changed them: read and emptied after it.
create table simulation.changes (shard smallint not null, owner bigint, epoch bigint not null);
create table simulation.shards as table punctual.shards;

-- The connections of the simulated nodes, which share one session.
create function simulation.pg_backend_pid() returns int language sql stable as $$ select current_setting('simulation.pid')::int $$;
create function simulation.pg_stat_get_activity(wanted int) returns setof int language sql stable as $$
  select wanted where wanted = any (current_setting('simulation.open')::int[]) $$;

create function simulation.breach(what text) returns void language sql as $$ insert into simulation.breaches (what) values (what) $$;

create function simulation.has_lease(node bigint) returns boolean language sql stable as $$
  select exists (select from punctual.nodes n where n.node_id = node and n.lease_until > punctual.clock()) $$;

create function simulation.watch_nodes() returns trigger language plpgsql as $$ begin
  perform simulation.breach(format('node %s, buried at %s, came back', old.node_id, old.buried_at));
  return new;
end $$;
create trigger watch before update on punctual.nodes for each row
  when (old.buried_at is not null and (new.buried_at is null or new.lease_until > old.lease_until)) execute function simulation.watch_nodes();

create function simulation.watch_held_since() returns trigger language plpgsql as $$ begin
  if exists (select from punctual.live_runs l where l.state = 'running' and l.holder = new.node_id and l.due_at < new.held_since) then
    perform simulation.breach(format('node %s says that it holds nothing from before %s, and does', new.node_id, new.held_since));
  end if;
  return new;
end $$;
create trigger watch_held_since before update of held_since on punctual.nodes for each row execute function simulation.watch_held_since();

create function simulation.watch_shards() returns trigger language plpgsql as $$ begin
  if new.owner is distinct from old.owner and new.epoch <= old.epoch then
    perform simulation.breach(format('shard %s went from %s to %s, its epoch from %s to %s', old.shard, old.owner, new.owner, old.epoch, new.epoch));
  end if;
  if new.owner is not null and new.owner <> old.owner and simulation.has_lease(old.owner) then
    perform simulation.breach(format('shard %s was taken from node %s, which has its lease', old.shard, old.owner));
  end if;
  if new.watermark < old.watermark then perform simulation.breach(format('the watermark of shard %s went back', old.shard)); end if;
  return new;
end $$;
create trigger watch before update on punctual.shards for each row
  when (new.owner is distinct from old.owner or new.watermark < old.watermark) execute function simulation.watch_shards();

create function simulation.note_changes() returns trigger language plpgsql as $$ begin
  insert into simulation.changes select shard, owner, epoch from before;
  return null;
end $$;
create trigger note_changes after update on punctual.shards referencing old table as before for each statement execute function simulation.note_changes();

create function simulation.watch_cursors() returns trigger language plpgsql as $$ begin
  if old.due_at > punctual.clock() then perform simulation.breach(format('a cursor of job %s moved on before its time', old.job_id)); end if;
  if tg_op = 'DELETE' or new.next_at is distinct from old.next_at then
    insert into simulation.moves values (old.job_id, punctual.ms(old.next_at));
  end if;
  if tg_op = 'DELETE' then return old; end if;
  if new.next_at <= old.next_at then perform simulation.breach(format('the cursor of job %s went back from %s to %s', old.job_id, old.next_at, new.next_at)); end if;
  return new;
end $$;
create trigger watch before update or delete on punctual.cursors for each row execute function simulation.watch_cursors();

create function simulation.watch_new_cursors() returns trigger language plpgsql as $$ begin
  if exists (select from punctual.cursors c where c.shard = new.shard and c.job_id = new.job_id) then
    perform simulation.breach(format('job %s has a second cursor', new.job_id));
  end if;
  return new;
end $$;
create trigger watch_new_cursors before insert on punctual.cursors for each row execute function simulation.watch_new_cursors();

create function simulation.watch_births() returns trigger language plpgsql as $$ begin
  if new.nominal_at > punctual.clock() then perform simulation.breach(format('run %s was born before its time', new.run_id)); end if;
  if exists (select from punctual.finished_runs f where f.shard = new.shard and f.run_id = new.run_id) then
    perform simulation.breach(format('run %s was born again after its end', new.run_id));
  end if;
  return new;
end $$;
create trigger watch_births before insert on punctual.live_runs for each row execute function simulation.watch_births();

create function simulation.watch_holders() returns trigger language plpgsql as $$ begin
  if new.state = 'running' and new.holder > 0 and not simulation.has_lease(new.holder) then
    perform simulation.breach(format('node %s, whose lease has ended, took run %s', new.holder, new.run_id));
  end if;
  if new.state = 'running' and exists (select from punctual.nodes n where n.node_id = new.holder and n.held_since > new.due_at) then
    perform simulation.breach(format('node %s took run %s as of before what it said of all that it holds', new.holder, new.run_id));
  end if;
  return new;
end $$;
create trigger watch_new_holders before insert on punctual.live_runs for each row execute function simulation.watch_holders();
create trigger watch_holders before update of holder on punctual.live_runs for each row
  when (new.holder is distinct from old.holder or new.attempt <> old.attempt) execute function simulation.watch_holders();

create function simulation.watch_queues() returns trigger language plpgsql as $$ declare most int; begin
  select q.concurrency into most from punctual.queues q where q.shard = new.shard and q.queue = new.queue;
  if most <= (select count(*) from punctual.live_runs l
              where l.shard = new.shard and l.queue = new.queue and l.state = 'running' and l.run_id <> new.run_id) then
    perform simulation.breach(format('run %s began in a queue that had %s running already', new.run_id, most));
  end if;
  return new;
end $$;
create trigger watch_queues before insert or update of state on punctual.live_runs for each row
  when (new.queue is not null and new.state = 'running') execute function simulation.watch_queues();`;

/**
 * Empties what a seed left, keeping the tenant and what belongs to the installation. A table that a migration adds is emptied too. Only what was written to: to
 * truncate a hundred empty tables and their indexes takes a tenth of a seed's time.
 */
export const resetSql = `
do $$ declare emptied text; begin
  select string_agg(c.oid::regclass::text, ', ') into emptied
  from pg_class c
  where c.relnamespace = 'punctual'::regnamespace and c.relkind = 'r' and pg_relation_size(c.oid) > 0
    and c.relname not in ('migrations', 'installation', 'tenants', 'secrets');
  execute format('truncate %s, simulation.breaches, simulation.moves, simulation.changes', emptied);
  perform setval(format('%I.%I', s.schemaname, s.sequencename), s.start_value, false) from pg_sequences s
  where s.schemaname in ('punctual', 'simulation') and s.last_value is not null and s.sequencename !~ '^(tenants|secrets|installation|migrations)_';
  insert into punctual.shards select * from simulation.shards;
end $$`;
