-- Works with nodes that know migration 19.
-- What a node has held is found by when it took it. By shard and holder alone, whoever looked for runs that nobody knows of passed every run that the node had held since the oldest snapshot:
-- with one held open elsewhere twelve million after ten minutes, for which 10 s, the most a statement may take, were not enough.
drop index punctual.live_runs_holder;
create index live_runs_holder on punctual.live_runs (shard, holder, due_at) where state = 'running';

-- A node has held no run for longer than since then. Nothing before it joined; a node that does not say more is right with that.
alter table punctual.nodes add column held_since timestamptz default punctual.clock();
update punctual.nodes set held_since = started_at;
alter table punctual.nodes alter column held_since set not null;
