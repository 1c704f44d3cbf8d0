-- Finding, among all that ended, what did not succeed. Each index is partial, so that a run that succeeds, as nearly all do, pays for none of them; what
-- succeeds is found by the indexes there are, which search-runs.ts walks a bounded piece at a time.

-- By how it ended: dead, cancelled, skipped.
create index finished_runs_outcome on punctual.finished_runs (tenant_id, state, run_id) where state <> 'succeeded';
-- By why its last attempt failed.
create index finished_runs_failure on punctual.finished_runs (tenant_id, failure_class, run_id) where failure_class is not null;
-- Of one job: the commonest question there is.
create index finished_runs_job_outcome on punctual.finished_runs (shard, job_id, run_id) where state <> 'succeeded';
