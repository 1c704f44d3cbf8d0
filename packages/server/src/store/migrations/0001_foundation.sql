-- The foundation: one clock, tenants and their keys, jobs and their cursors, runs and their history, the cluster's bookkeeping.
-- Behaviour lives in the statements of the store, never in stored functions, so that a rolling upgrade cannot change it under a running node.

-- One clock. STABLE and a single expression, so that it is inlined and `due_at <= punctual.clock()` is an index condition: with the volatile
-- clock_timestamp() every tick would walk the future (63 ms a statement instead of 1.3 ms). Tests replace the body to move time.
create function punctual.clock() returns timestamptz language sql stable parallel safe as 'select statement_timestamp()';

-- Epoch milliseconds to and from timestamptz. float8 holds every whole millisecond exactly; extract() would go through numeric, ten times slower.
create function punctual.ms(t timestamptz) returns float8 language sql stable parallel safe as 'select round(date_part(''epoch'', t) * 1000)';
create function punctual.at(ms float8) returns timestamptz language sql immutable parallel safe as 'select to_timestamp(ms / 1000.0)';

-- One row: what belongs to the whole installation.
create table punctual.installation (
  only_row boolean primary key default true check (only_row),
  created_at timestamptz not null default now(),
  -- A known text encrypted with the installation's key: tells a wrong key before it writes a secret nobody can read.
  key_check bytea
);
insert into punctual.installation default values;

create table punctual.tenants (
  tenant_id int generated always as identity primary key,
  name text not null unique,
  created_at timestamptz not null default now()
);

-- Only a hash of the secret part is kept: 160 random bits need no slow hash.
create table punctual.api_keys (
  key_id text primary key,
  tenant_id int not null references punctual.tenants,
  name text not null,
  secret_hash bytea not null,
  scopes text[] not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz
);
create index api_keys_tenant on punctual.api_keys (tenant_id);

-- AES-256-GCM under the installation's key; `name` is "signing" for the tenant's own, "job/<id>" for a job's. Newest version signs first.
create table punctual.secrets (
  tenant_id int not null references punctual.tenants,
  name text not null,
  version int not null,
  ciphertext bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, name, version)
);

-- The definition as its author gave it, with defaults left out and relative times resolved. The current revision only; earlier ones are in job_revisions.
-- definition and payload are JSON texts, not jsonb: bytes reach the target as they came, and \u0000 is legal in them.
create table punctual.jobs (
  shard smallint not null,
  job_id uuid not null,
  tenant_id int not null,
  name text collate "C",
  revision int not null,
  status text not null check (status in ('active', 'paused')),
  definition text not null,
  payload text,
  target_type text not null,
  labels jsonb not null default '{}',
  pause_reason text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (shard, job_id)
);
create index jobs_tenant on punctual.jobs (tenant_id, job_id);
create index jobs_labels on punctual.jobs using gin (labels jsonb_path_ops) where labels <> '{}';

-- Tenant and name to job and shard: the one unique rule that is not within a shard, so only commands touch it, never the engine.
create table punctual.job_names (
  tenant_id int not null,
  name text collate "C" not null,
  shard smallint not null,
  job_id uuid not null,
  primary key (tenant_id, name)
);

-- Revisions that were superseded, with the time they held. With the current one in jobs they are the whole history: what audit recomputes from.
create table punctual.job_revisions (
  shard smallint not null,
  job_id uuid not null,
  revision int not null,
  tenant_id int not null,
  name text,
  status text not null,
  definition text not null,
  payload text,
  valid_from timestamptz not null,
  valid_to timestamptz not null,
  -- What ended it: updated, paused, resumed, deleted.
  ended_by text not null check (ended_by in ('updated', 'paused', 'resumed', 'deleted')),
  primary key (shard, job_id, revision)
);

-- A job's persisted next occurrence: narrow and hot. next_at is the nominal time, the occurrence's identity; due_at is when to look (later than nominal
-- for a one-time job whose time had passed when it was created). A paused job keeps its row with next_at null, so that `fired` is not forgotten; a
-- completed one has none.
create table punctual.cursors (
  shard smallint not null,
  job_id uuid not null,
  tenant_id int not null,
  revision int not null,
  next_at timestamptz,
  due_at timestamptz not null,
  fired int not null default 0,
  -- A fixed delay: after firing, next_at is null until the run has ended, and then this many ms later. Null for every other schedule, and while paused.
  after_ms bigint,
  primary key (shard, job_id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
create index cursors_due on punctual.cursors (shard, due_at);

-- Runs not yet ended: small and hot. Nothing else indexes it than claim, wake, holder and job.
create table punctual.live_runs (
  shard smallint not null,
  run_id uuid not null,
  job_id uuid not null,
  tenant_id int not null,
  revision int not null,
  -- The states that model/run-states.ts calls live; a test compares the two.
  state text not null check (state in ('ready', 'running', 'waiting')),
  kind text not null check (kind in ('scheduled', 'manual')),
  priority smallint not null,
  -- Hash of tenant and target origin: the unit of fairness.
  origin int not null,
  nominal_at timestamptz not null,
  -- When something must look at it again: claim from then on (ready), retry then (waiting), held since then (running).
  due_at timestamptz not null,
  attempt int not null,
  holder bigint,
  started_at timestamptz,
  -- Who asked for its end while it was running; its node polls for this.
  cancel_reason text,
  -- Instead of the job's payload, for a manual run.
  payload text,
  primary key (shard, run_id),
  check ((state = 'running') = (holder is not null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
create index live_runs_claim on punctual.live_runs (shard, priority desc, due_at) where state = 'ready';
create index live_runs_wake on punctual.live_runs (shard, due_at) where state = 'waiting';
create index live_runs_holder on punctual.live_runs (shard, holder) where state = 'running';
create index live_runs_job on punctual.live_runs (shard, job_id);

-- Ended runs, skipped ones included: append-only, a partition a day, dropped whole by retention. The default partition only catches what no day holds,
-- so that a late housekeeper costs tidiness, never an insert.
create table punctual.finished_runs (
  shard smallint not null,
  run_id uuid not null,
  job_id uuid not null,
  tenant_id int not null,
  revision int not null,
  state text not null check (state in ('succeeded', 'dead', 'cancelled', 'skipped')),
  kind text not null check (kind in ('scheduled', 'manual')),
  nominal_at timestamptz not null,
  attempt int not null,
  started_at timestamptz,
  finished_at timestamptz not null,
  reason text,
  primary key (shard, run_id, finished_at)
) partition by range (finished_at);
create index finished_runs_tenant on punctual.finished_runs (tenant_id, run_id);
create index finished_runs_job on punctual.finished_runs (shard, job_id, run_id);
create table punctual.finished_runs_default partition of punctual.finished_runs default;

create table punctual.attempts (
  shard smallint not null,
  run_id uuid not null,
  attempt int not null,
  outcome text not null check (outcome in ('succeeded', 'failed', 'lost', 'cancelled')),
  started_at timestamptz not null,
  finished_at timestamptz not null,
  failure_class text,
  status_code int,
  error text,
  output text,
  output_truncated boolean not null default false,
  node_id bigint,
  -- The result came after the run was taken from its node: kept as evidence, it changed nothing.
  late boolean not null default false,
  primary key (shard, run_id, attempt, finished_at, late)
) partition by range (finished_at);
create table punctual.attempts_default partition of punctual.attempts default;

-- One row a server process; a new id at every boot, so that a host name or a cloned disk can never renew another's lease.
create table punctual.nodes (
  node_id bigint generated always as identity primary key,
  name text not null,
  version text not null,
  started_at timestamptz not null,
  lease_until timestamptz not null,
  -- Changes with every renewal, and a renewal must know the last one: a cloned machine's renewal fails.
  beat uuid not null,
  draining boolean not null default false,
  slots int not null,
  -- Set by another node once the lease has ended, or by itself when it leaves: from then on it cannot renew, and its runs are handed back.
  buried_at timestamptz
);

create table punctual.shards (
  shard smallint primary key,
  owner bigint,
  -- Rises with every change of owner.
  epoch bigint not null default 0,
  -- No cursor of this shard was due before this time when it was stored: where a new owner's scan begins instead of among dead rows.
  watermark timestamptz not null default '-infinity'
) with (fillfactor = 50);
insert into punctual.shards (shard) select s from generate_series(0, 255) s;

-- Duties that one node at a time looks after; each is harmless when two do it.
create table punctual.leases (
  duty text primary key,
  holder bigint not null,
  lease_until timestamptz not null
);

create table punctual.idempotency (
  tenant_id int not null,
  key text not null,
  -- SHA-256 of method, path and body: the same key with another request is a mistake worth telling.
  fingerprint bytea not null,
  status int not null,
  body text,
  revision int,
  expires_at timestamptz not null,
  primary key (tenant_id, key)
);
create index idempotency_expiry on punctual.idempotency (expires_at);
