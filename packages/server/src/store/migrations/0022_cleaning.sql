-- Works with nodes that know migration 21.
-- Nodes clean these tables up themselves, every few seconds and at a pace that suits what it brings (engine/cleaning-loop.ts): no setting of the server decides any more how many dead rows lie between
-- the live ones. Autovacuum comes when nobody does. It goes slowly, as with a snapshot held elsewhere it comes again every few seconds, goes through all that has died since and removes nothing.
alter table punctual.live_runs reset (autovacuum_vacuum_scale_factor);
alter table punctual.live_runs set (autovacuum_vacuum_threshold = 1000000, autovacuum_vacuum_cost_delay = 20, autovacuum_vacuum_cost_limit = 400);
alter table punctual.cursors reset (autovacuum_vacuum_scale_factor);
alter table punctual.cursors set (autovacuum_vacuum_threshold = 1000000, autovacuum_vacuum_cost_delay = 20, autovacuum_vacuum_cost_limit = 400);
