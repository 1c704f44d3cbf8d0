-- Pull workers: leases under holders of their own, what a run's worker logs, and a scope of its own for worker's keys.

-- Holders below zero: a lease of runs to a worker, or a webhook that was accepted. By steps, so that a node numbers 64 leases with one round trip.
create sequence punctual.lease_holders increment by 64;

-- What ends by itself. A run that a node carries out keeps its start timeout for the case that it is handed back unbegun; nothing is to be looked at until then.
drop index punctual.live_runs_expiry;
create index live_runs_expiry on punctual.live_runs (shard, expires_at) where expires_at is not null and (state <> 'running' or holder < 0);

alter table punctual.live_runs
  -- What was logged so far, dropped lines not counted: the bound is kept in the row that a beat locks anyway.
  add column log_lines int not null default 0,
  add column log_bytes int not null default 0;

-- Lines that a run's worker has logged, in the order (attempt, line). A partition a day, as the attempts.
create table punctual.run_logs (
  shard smallint not null,
  run_id uuid not null,
  attempt int not null,
  line int not null,
  -- When it was stored; the day of its partition.
  stored_at timestamptz not null,
  -- When it was written, by the worker's clock; null when it does not say.
  logged_at timestamptz,
  level text not null,
  message text not null,
  -- It was longer than what is kept.
  truncated boolean not null default false,
  primary key (shard, run_id, attempt, line, stored_at)
) partition by range (stored_at);
create table punctual.run_logs_default partition of punctual.run_logs default;

-- A key that may change jobs may also do their runs, as it could until now by way of a webhook.
update punctual.api_keys set scopes = scopes || '{work}' where 'write' = any (scopes) and not 'work' = any (scopes);
