-- Works with nodes that know migration 17.
-- By the job alone, whose id nobody shares: an index that began with the shard offered itself for every look-up of a run, too. After a herd its own index is large and the
-- table nearly empty, so that a hundred pages are expected behind each entry of the right one, and all runs of the shard were read for each run that ended.
drop index punctual.live_runs_job;
create index live_runs_job on punctual.live_runs (job_id);
