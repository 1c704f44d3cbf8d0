-- The life of a run between its occurrence and its end: queues with limits, runs that are held back, leases of pull workers, breakers, backfills.

-- A named lane of a tenant. It lives in one shard together with the jobs that name it, so that its limits are kept by statements within that shard; shard
-- and key are derived from tenant and name (model/ids.ts), so that a job need not look them up.
create table punctual.queues (
  shard smallint not null,
  -- 52 bits of a hash of tenant and name: a whole number also in JSON and JavaScript.
  queue bigint not null,
  tenant_id int not null,
  name text collate "C" not null,
  -- How many of its runs may be under way at once; null for any number.
  concurrency int,
  -- How many with the same concurrency key; null for any number.
  key_concurrency int,
  -- A token bucket: rate_limit runs each rate_period_ms, at most rate_burst at once; null for no limit.
  rate_limit int,
  rate_period_ms bigint,
  rate_burst int,
  tokens float8 not null default 0,
  tokens_at timestamptz not null default '-infinity',
  paused_at timestamptz,
  pause_reason text,
  -- Rises with every claim that is bound by a limit: a claim must know the last one, so that two at once cannot both count the same free places.
  claims bigint not null default 0,
  -- Where the fair turn among concurrency keys goes on.
  last_key bigint,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (shard, queue)
) with (fillfactor = 50);
create unique index queues_tenant on punctual.queues (tenant_id, name);

alter table punctual.live_runs
  add column queue bigint,
  -- 52 bits of a hash of the job's concurrency key; null for none.
  add column concurrency_key bigint,
  -- Leased by a worker of the user's own instead of being carried out by a node.
  add column pulled boolean not null default false,
  -- Why a waiting run waits, when it is not for its retry: the contract's holdReasons.
  add column held text,
  -- When its state ends by itself: an unstarted run is skipped then, a worker's lease is over. Null while only due_at matters.
  add column expires_at timestamptz,
  -- When the attempt under way ends at the latest, however often its worker beats; null for those a node carries out.
  add column ends_at timestamptz,
  -- Who leased it, as it names itself.
  add column worker text,
  add column progress smallint check (progress between 0 and 100),
  add column progress_message text,
  -- Who asked for its end.
  add column cancelled_by text,
  drop constraint live_runs_kind_check,
  add constraint live_runs_kind_check check (kind in ('scheduled', 'manual', 'backfill'));

-- A run of a queue is claimed through its queue only, so that the claim of all others need not know of limits.
drop index punctual.live_runs_claim;
create index live_runs_claim on punctual.live_runs (shard, priority desc, due_at) where state = 'ready' and queue is null;
create index live_runs_queue on punctual.live_runs (shard, queue, pulled, concurrency_key, priority desc, due_at) where state = 'ready' and queue is not null;
create index live_runs_queue_held on punctual.live_runs (shard, queue, concurrency_key) where state = 'running' and queue is not null;
-- What a healed target gets first: higher priority, then the newest, which somebody may still wait for.
create index live_runs_breaker on punctual.live_runs (shard, origin, priority desc, nominal_at desc) where held = 'breaker';
create index live_runs_expiry on punctual.live_runs (shard, expires_at) where expires_at is not null;

alter table punctual.finished_runs
  add column queue bigint,
  add column concurrency_key bigint,
  add column origin int,
  -- Of its last attempt.
  add column failure_class text,
  add column status_code int,
  -- Who ended it, when a person did.
  add column ended_by text,
  -- A dead letter's: what people write to it, and when and how it was dealt with.
  add column note text,
  add column resolved_at timestamptz,
  add column resolution text,
  drop constraint finished_runs_kind_check,
  -- Not validated: rows of before can only hold the two kinds there were, and checking them all would hold up the engine.
  add constraint finished_runs_kind_check check (kind in ('scheduled', 'manual', 'backfill')) not valid;
drop index punctual.finished_runs_dead;
create index finished_runs_dead on punctual.finished_runs (tenant_id, run_id) where state = 'dead' and resolved_at is null;

alter table punctual.attempts
  -- Null: not recorded. False only when it is certain that nothing was sent.
  add column may_have_been_seen boolean,
  add column worker text;

-- What is known of a target origin that fails, for all nodes. Not in a shard: only read whole, about once a second, and written when a breaker moves.
create table punctual.breakers (
  tenant_id int not null,
  origin int not null,
  -- As people know it: https://host:port.
  target text not null,
  state text not null check (state in ('open', 'recovering', 'closed')),
  -- A person's wish, which no measurement changes until it is taken back.
  forced text check (forced in ('open', 'closed')),
  forced_by text,
  reason text,
  -- Rises with every change: who changes it must have seen the last one.
  epoch bigint not null default 1,
  opened_at timestamptz,
  -- When the next probe may go, and how far apart probes are by now.
  probe_at timestamptz,
  probe_every_ms bigint,
  -- When a probe succeeded: the pace of recovery is a function of the time since.
  healed_at timestamptz,
  changed_at timestamptz not null,
  primary key (tenant_id, origin)
);

-- Occurrences of the past that a person wants carried out, a page at a time.
create table punctual.backfills (
  shard smallint not null,
  backfill_id uuid not null,
  job_id uuid not null,
  tenant_id int not null,
  revision int not null,
  -- Nominal times from (inclusive) to (exclusive), and where it goes on.
  from_at timestamptz not null,
  to_at timestamptz not null,
  next_at timestamptz not null,
  state text not null check (state in ('running', 'paused', 'done', 'cancelled')),
  -- How many of its runs may be live at once.
  concurrency int not null,
  total int not null,
  started int not null default 0,
  -- Occurrences that had run already, or were live.
  passed_over int not null default 0,
  created_by text,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (shard, backfill_id)
);
create index backfills_job on punctual.backfills (shard, job_id);
create index backfills_live on punctual.backfills (shard) where state = 'running';
create index backfills_tenant on punctual.backfills (tenant_id, backfill_id);
