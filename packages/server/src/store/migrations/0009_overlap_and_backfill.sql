-- Runs that are held because another one of their job is live, and backfills' own priority.

-- What holds for overlap is released by what else of the job is live, not by time: it has indexes of its own, by when to look
-- again and by job, and the one of retries does not walk it.
drop index punctual.live_runs_wake;
create index live_runs_wake on punctual.live_runs (shard, due_at) where state = 'waiting' and held is distinct from 'overlap';
create index live_runs_overlap_due on punctual.live_runs (shard, due_at) where held = 'overlap';
create index live_runs_overlap_job on punctual.live_runs (shard, job_id, nominal_at) where held = 'overlap';

alter table punctual.backfills
  add column priority smallint not null default -1;

-- One backfill of a job at a time: two could both find that an occurrence has not run.
create unique index backfills_one on punctual.backfills (shard, job_id) where state in ('running', 'paused');
