-- Works with nodes that know migration 12.
-- A node asks twice a second whether the end of one of its runs was asked for. By live_runs_holder alone it passed every run it held, and every one it had held since the oldest snapshot:
-- with one held open elsewhere these were millions after some minutes.
create index live_runs_cancel on punctual.live_runs (shard, holder) where state = 'running' and cancel_reason is not null;
