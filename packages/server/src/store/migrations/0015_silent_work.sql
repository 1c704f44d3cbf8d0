-- For how long nothing but its lease reached the database, as the node told with its last renewal; 0 while all does. A node whose work is cut off leaves it to
-- others only if they can do it.
-- Works with nodes that know migration 14.
alter table punctual.nodes add column silent_ms int not null default 0;
