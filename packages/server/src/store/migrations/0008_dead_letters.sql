-- Dead letters: found by their job, seen after they were dealt with, and kept longer than other runs.

-- A job with millions of runs may have three dead ones.
create index finished_runs_dead_job on punctual.finished_runs (shard, job_id, run_id) where state = 'dead' and resolved_at is null;
create index finished_runs_resolved on punctual.finished_runs (tenant_id, run_id) where state = 'dead' and resolved_at is not null;

alter table punctual.finished_runs
  -- Who dealt with it.
  add column resolved_by text;

alter table punctual.live_runs
  -- The note of a dead letter that is replayed, so that it is there if the run dies again.
  add column note text;

-- What outlives its day's partition lies in the default ones, which are swept by age.
create index finished_runs_default_age on punctual.finished_runs_default (finished_at, run_id);
create index attempts_default_age on punctual.attempts_default (finished_at, run_id);
