-- The start timeout of a run that is leased to a worker, for the case that it is given back unbegun: the end of the lease stands where it stood.
-- Works with nodes that know migration 16.
alter table punctual.live_runs add column starts_by timestamptz;
