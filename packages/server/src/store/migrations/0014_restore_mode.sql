-- Works with nodes that know migration 13.
-- How far the database has come: written about every second by whichever node is first. A restored database brings an old mark, and one that was copied shows it.
create table punctual.high_water (
  only_row boolean primary key default true check (only_row),
  -- Counts the marks: a node that remembers a higher one has seen data that are gone.
  seq bigint not null,
  marked_at timestamptz not null,
  -- Of the server that wrote it: another one took the data over, or this one went on from a backup.
  system_identifier text not null,
  timeline int not null,
  -- The transaction that wrote the row, its lower 32 bits. They are the row's own xmin, until the row is copied.
  xid bigint not null
) with (fillfactor = 50);

-- Each time that firing was stopped because the database may not be what it was, and what a person decided. At most one is open.
create table punctual.restores (
  restore_id int generated always as identity primary key,
  sign text not null,
  detail text not null,
  noticed_at timestamptz not null,
  -- The last mark: what happened after it may be unknown to these data. Null when there was none.
  data_until timestamptz,
  resolved_at timestamptz,
  choice text check (choice in ('run', 'skip', 'done')),
  up_to timestamptz,
  resolved_by text
);
create unique index restores_open on punctual.restores ((true)) where resolved_at is null;
