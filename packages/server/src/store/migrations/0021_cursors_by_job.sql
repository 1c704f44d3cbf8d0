-- Works with nodes that know migration 20.
-- Not unique any more. Each move of a cursor adds an entry under the same key, and a unique index looks at every older version of the row behind it, to see that none is valid: with a snapshot
-- held open elsewhere sixty versions are there after ten minutes, and a move takes 43 us instead of 5. That a job has one cursor at most is seen to by the one key of its row in jobs:
-- whoever makes a cursor inserts that row in the same statement, or has it locked and has found no cursor.
alter table punctual.cursors drop constraint cursors_pkey;
create index cursors_job on punctual.cursors (shard, job_id);
-- Else a publication of all tables would refuse every move.
alter table punctual.cursors replica identity full;
