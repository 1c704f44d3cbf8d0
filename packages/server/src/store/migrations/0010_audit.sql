-- Audits go through a tenant's jobs, deleted ones included, which only their revisions still know.
create index job_revisions_tenant on punctual.job_revisions (tenant_id, job_id);
