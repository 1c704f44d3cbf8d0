-- The attempt of a run that succeeded at once is told by the run's own row: of what a healthy job leaves behind, half the rows and a third of the log.
alter table punctual.finished_runs
  -- Set: its only attempt has no row of its own, began at started_at and took so long.
  add column sole_duration_ms float8,
  add column output text,
  add column output_truncated boolean,
  add column node_id bigint,
  add column worker text;

-- Every attempt that has ended, wherever it is told.
create view punctual.all_attempts as
  select shard, run_id, attempt, outcome, started_at, finished_at, failure_class, status_code, error, output, output_truncated, node_id, late, next_at,
         next_because, may_have_been_seen, worker
  from punctual.attempts
  union all
  select shard, run_id, 1, 'succeeded', started_at, started_at + sole_duration_ms * interval '1 millisecond', null, status_code, null, output,
         coalesce(output_truncated, false), node_id, false, null, null, true, worker
  from punctual.finished_runs where sole_duration_ms is not null;
