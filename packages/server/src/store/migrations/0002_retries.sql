-- Retries that can be read and asked for: when and why the next attempt comes, and what an ended run needs to be carried out once more.
-- Columns only, all of them without a default to rewrite: nodes of the version before go on writing while others are upgraded.

alter table punctual.attempts
  -- When the next attempt was to begin; null when this was the last one.
  add column next_at timestamptz,
  -- Why then, or why there is none. The contract's list of reasons; no CHECK, so that a new reason needs no lock on all history.
  add column next_because text;

alter table punctual.live_runs
  -- The run that this one repeats, for a run made by "run again".
  add column rerun_of uuid;

alter table punctual.finished_runs
  add column rerun_of uuid,
  -- Instead of the job's payload, for a manual run: kept so that it can be retried or run again as it was.
  add column payload text;

-- Dead letters, newest nominal time first. Partial, so that it costs nothing for the runs that succeed.
create index finished_runs_dead on punctual.finished_runs (tenant_id, run_id) where state = 'dead';
