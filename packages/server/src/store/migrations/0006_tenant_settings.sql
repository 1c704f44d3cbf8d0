-- What a tenant decides for all its jobs, and a deadline that begins anew when a person retries a run.

-- JSON text: {"retry": {...}} as a job's own. Null: nothing is decided, Punctual's defaults hold.
alter table punctual.tenants add column settings text;

-- When a person gave an ended run another attempt: its deadline counts from then. The first attempt's start stays what it was.
alter table punctual.live_runs add column retried_at timestamptz;
