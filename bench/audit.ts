/**
 * How long an audit of many occurrences takes: every one recomputed and looked up in the history.
 *
 *   npm run build && npm run bench:audit -- --occurrences 1000000
 *
 * Fills an embedded PostgreSQL with jobs that fire every minute and with their ended runs, then walks all pages of the audit in this process. The result goes
 * to the terminal as JSON. It must find nothing amiss.
 */
import { hash, randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { migrate, startEmbeddedPostgres } from "@punctual/server";
import { auditOccurrences } from "../packages/server/src/commands/audit-occurrences.ts";
import type { CommandContext } from "../packages/server/src/commands/operation.ts";
import { jobId as newJobId, occurrenceRunId, shardOf } from "../packages/server/src/model/ids.ts";
import { type Database, openDatabase } from "../packages/server/src/store/database.ts";
import { insertJobs } from "../packages/server/src/store/jobs.ts";
import { createCipher } from "../packages/server/src/store/secrets.ts";
import { bootstrapTenant } from "../packages/server/src/store/tenants.ts";

const minuteMs = 60_000;
const definition = JSON.stringify({ cron: "* * * * *", target: { type: "http", url: "https://example.com/" } });

const { values } = parseArgs({
  options: { occurrences: { type: "string", default: "1000000" }, jobs: { type: "string", default: "1000" } },
});
const [occurrences, jobs] = [Number(values.occurrences), Number(values.jobs)];
const each = Math.round(occurrences / jobs);
const toMs = Math.floor(Date.now() / minuteMs) * minuteMs;
const fromMs = toMs - each * minuteMs;

const folder = mkdtempSync(join(tmpdir(), "punctual-audit-"));
// For root, the database runs as another user.
chmodSync(folder, 0o755);
const settings = { fsync: "off", synchronous_commit: "off", shared_buffers: "512MB" };
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, "postgres"), reachableDir: join(folder, "reachable"), settings });
const db = openDatabase({
  ...{ url: postgres.databaseUrl, applicationName: "audit bench", maxConnections: 4 },
  ...{ statementTimeoutMs: 600_000, connectTimeoutMs: 5_000 },
});
try {
  await migrate(postgres.databaseUrl);
  const { tenantId } = await bootstrapTenant(db, "audited");
  await fill(db, tenantId);
  const result = await measure(db, tenantId);
  process.stdout.write(`${JSON.stringify({ scenario: "audit", jobs, cpus: cpus().length, postgres: postgres.version, ...result })}\n`);
  if (result.problems > 0 || result.ran !== jobs * each) process.exitCode = 1;
} finally {
  await db.end();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function fill(pool: Database, tenantId: number): Promise<void> {
  const plain = { name: null, definition, payload: null, targetType: "http", labels: {}, afterMs: null, queue: null };
  const ids = Array.from({ length: jobs }, (_, index) => newJobId(fromMs - minuteMs, hash("sha256", String(index))));
  for (let at = 0; at < jobs; at += 500) {
    await insertJobs(
      pool,
      tenantId,
      ids.slice(at, at + 500).map((jobId) => ({ ...plain, jobId, nextMs: toMs + 60 * minuteMs, dueMs: toMs + 60 * minuteMs })),
    );
  }
  await pool.query("update punctual.jobs set created_at = punctual.at($1), updated_at = punctual.at($1)", [fromMs - 1]);
  for (const jobId of ids) {
    const times = Array.from({ length: each }, (_, index) => fromMs + index * minuteMs);
    await pool.query(
      `insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, started_at, finished_at)
       select $1, v.run_id, $2, $3, 1, 'succeeded', 'scheduled', punctual.at(v.ms), 1, punctual.at(v.ms + 12), punctual.at(v.ms + 50)
       from unnest($4::uuid[], $5::float8[]) as v(run_id, ms)`,
      [shardOf(jobId), jobId, tenantId, times.map((ms) => occurrenceRunId(jobId, ms)), times],
    );
  }
  await pool.query("vacuum analyze punctual.finished_runs, punctual.jobs");
}

async function measure(pool: Database, tenantId: number) {
  const context: CommandContext = { db: pool, tenantId, actor: "bench", cipher: createCipher(randomBytes(32)), wake: () => {} };
  const query = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
  const found = { pages: 0, ran: 0, problems: 0, slowestPageMs: 0 };
  const begunMs = performance.now();
  let cursor: string | null = null;
  do {
    const pageMs = performance.now();
    const page = { query: cursor === null ? query : { ...query, cursor }, params: undefined, body: undefined, ifMatch: null };
    const { body } = await auditOccurrences(context, page);
    found.pages++;
    found.ran += body.summary.verdicts.ran;
    found.problems += body.items.length;
    found.slowestPageMs = Math.max(found.slowestPageMs, Math.round(performance.now() - pageMs));
    cursor = body.nextCursor;
  } while (cursor !== null);
  const seconds = (performance.now() - begunMs) / 1_000;
  return { ...found, seconds: Number(seconds.toFixed(2)), occurrencesPerSecond: Math.round(found.ran / seconds) };
}
