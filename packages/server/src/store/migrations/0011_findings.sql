-- What the watchdog found and is not mended yet: a row goes when a later look does not find it any more. One row a job and kind, so that a job that is broken for
-- good is one finding and not one for each occurrence.
create table punctual.findings (
  shard smallint not null,
  job_id uuid not null,
  kind text not null,
  tenant_id int not null,
  -- The earliest occurrence concerned: where the next look at this job begins. Null when none is.
  nominal_at timestamptz,
  found_at timestamptz not null,
  detail text not null,
  primary key (shard, job_id, kind)
);
