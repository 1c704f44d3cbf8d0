import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { addSecret, createCipher, tenantSigningSecret } from "../../packages/server/src/store/secrets.ts";
import type { JobFact } from "../lib/history.ts";
import { patience } from "./workload.ts";

/** Many jobs of several tenants, as they are written past the API: a million of them through it would take longer than what is measured. */
export type Fleet = {
  /** Begins the names of the jobs, and is their source. */
  name: string;
  jobs: number;
  tenantIds: readonly number[];
  url: string;
  everyMs: number;
  /** The first occurrence of job n; later than the last one is written. */
  firstMs(n: number): number;
};

const chunk = 5_000;
const dayMs = 86_400_000;

/** Tenants whose requests are signed with the receiver's secret. @param folder the nodes' working folder, which has the keys */
export async function makeTenants(client: pg.Client, folder: string, name: string, tenants: number): Promise<number[]> {
  const key = (file: string): string => readFileSync(join(folder, "data", file), "utf8").trim();
  const cipher = createCipher(Buffer.from(key("encryption-key"), "base64"));
  const { rows } = await client.query<{ tenantId: number }>(
    `insert into punctual.tenants (name) select $1 || '-' || g from generate_series(1, $2::int) g returning tenant_id as "tenantId"`,
    [name, tenants],
  );
  for (const { tenantId } of rows) await addSecret(client, cipher, tenantId, tenantSigningSecret, key("signing-secret"));
  return rows.map(({ tenantId }) => tenantId);
}

/** $1 JSON array of [shard, job, tenant, name, definition, first ms]. */
const insertSql = `
with input as (
  select (v->>0)::smallint as shard, (v->>1)::uuid as job_id, (v->>2)::int as tenant_id, v->>3 as name, v->>4 as definition, punctual.at((v->>5)::float8) as next_at
  from jsonb_array_elements($1::jsonb) v),
names as (
  insert into punctual.job_names (tenant_id, name, shard, job_id) select tenant_id, name, shard, job_id from input),
written as (
  insert into punctual.jobs (shard, job_id, tenant_id, name, revision, status, definition, target_type, created_at, updated_at)
  select shard, job_id, tenant_id, name, 1, 'active', definition, 'http', punctual.clock(), punctual.clock() from input)
insert into punctual.cursors (shard, job_id, tenant_id, revision, next_at, due_at)
select shard, job_id, tenant_id, 1, next_at, next_at from input`;

/** Calls `wrote` with each piece of the fleet as it is there. */
export async function writeFleet(client: pg.Client, fleet: Fleet, wrote: (jobs: readonly JobFact[]) => void): Promise<void> {
  for (let from = 0; from < fleet.jobs; from += chunk) {
    const sentMs = Date.now();
    const drafts = Array.from({ length: Math.min(chunk, fleet.jobs - from) }, (_, n) => draftOf(fleet, from + n));
    await client.query(insertSql, [JSON.stringify(drafts.map(({ row }) => row))]);
    const acknowledgedMs = Date.now();
    wrote(drafts.map(({ fact }) => ({ ...fact, sentMs, acknowledgedMs })));
  }
}

/** How long a job takes to be written, by the first so many, which are of no use otherwise. */
export async function writingMsPerJob(client: pg.Client, fleet: Fleet): Promise<number> {
  const start = performance.now();
  const farMs = Date.now() + dayMs;
  await writeFleet(client, { ...fleet, name: `${fleet.name}-idle`, jobs: chunk, firstMs: () => farMs }, () => {});
  return (performance.now() - start) / chunk;
}

function draftOf({ name: source, tenantIds, url, everyMs, firstMs }: Fleet, n: number) {
  const name = `${source}-${n + 1}`;
  const anchorMs = firstMs(n);
  const jobId = newJobId();
  const anchor = new Date(anchorMs).toISOString();
  const definition = JSON.stringify({ every: `${everyMs}ms`, anchor, target: { type: "http", url }, retry: patience });
  const row = [Number.parseInt(jobId.slice(-2), 16), jobId, tenantIds[n % tenantIds.length], name, definition, anchorMs];
  return { row, fact: { jobId, name, source, schedule: { everyMs, anchorMs } } };
}

/** A UUID of version 8 with its shard in the last byte, as the nodes make them. */
function newJobId(): string {
  const hex = randomBytes(16).toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}
