-- Which migrations a node knows: one that takes away what running nodes use is refused. Null for a node of a version that does not say.
-- Works with nodes that know migration 12.
alter table punctual.nodes add column knows_migration int;
