/**
 * How long a page of a search through the history takes, filter by filter.
 *
 *   npm run build && npm run bench:history -- --runs 50000000 --folder /var/tmp/history
 *
 * Fills 30 daily partitions with ended runs and their attempts on an embedded PostgreSQL, then asks for pages of 50 that begin at random times. A folder is
 * kept and used again, as 50 million runs take 24 GB and a quarter of an hour. Results go to the terminal and to bench/results/history.json.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { migrate, startEmbeddedPostgres } from "@punctual/server";
import { type Database, openDatabase } from "../packages/server/src/store/database.ts";
import { type RunFilters, searchRuns } from "../packages/server/src/store/run-search.ts";
import { bootstrapTenant } from "../packages/server/src/store/tenants.ts";
import { dayMs, days, fillDay, fillJobs, type Stock } from "./history/fill.ts";
import { questionsOf } from "./history/questions.ts";
import { stocked } from "./lib/stock.ts";

/** Filled without durability: what is measured is reading. */
const settings = {
  ...{ fsync: "off", full_page_writes: "off", synchronous_commit: "off", wal_level: "minimal", max_wal_senders: "0" },
  ...{ shared_buffers: "1GB", maintenance_work_mem: "512MB", max_wal_size: "8GB" },
};
const pageItems = 50;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1000000" },
    jobs: { type: "string", default: "10000" },
    pages: { type: "string", default: "200" },
    folder: { type: "string" },
  },
});
const [runs, jobs, pages] = [Number(values.runs), Number(values.jobs), Number(values.pages)];
const folder = values.folder ?? mkdtempSync(join(tmpdir(), "punctual-history-"));
mkdirSync(folder, { recursive: true });
// For root, the database runs as another user.
chmodSync(folder, 0o755);
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, "postgres"), reachableDir: join(folder, "reachable"), settings });
const db = openDatabase({
  ...{ url: postgres.databaseUrl, applicationName: "history bench", maxConnections: 1 },
  ...{ statementTimeoutMs: 600_000, connectTimeoutMs: 5_000 },
});
try {
  await migrate(postgres.databaseUrl);
  const stock = await stocked(folder, { kind: "history", part: "runs", amount: runs }, fill);
  const results = [];
  for (const [question, filters] of Object.entries(questionsOf(stock))) {
    const result = { question, ...(await measure(db, stock.tenantId, filters)) };
    results.push(result);
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
  mkdirSync("bench/results", { recursive: true });
  const facts = {
    scenario: "history",
    runs,
    partitions: days,
    pages,
    pageItems,
    cpus: cpus().length,
    postgres: postgres.version,
  };
  writeFileSync("bench/results/history.json", `${JSON.stringify({ ...facts, results }, null, 2)}\n`);
} finally {
  await db.end();
  await postgres.stop();
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
}

async function fill(): Promise<Stock> {
  const tenantIds: number[] = [];
  for (const name of ["large", "small-1", "small-2", "small-3"]) tenantIds.push((await bootstrapTenant(db, name)).tenantId);
  const todayMs = Math.floor(Date.now() / dayMs) * dayMs;
  const stock = await fillJobs(db, tenantIds, jobs, todayMs);
  for (let day = 0; day < days; day++) {
    await fillDay(db, todayMs - (days - day) * dayMs, Math.round(runs / days), jobs);
    process.stderr.write(`filled day ${day + 1} of ${days}\n`);
  }
  await db.query("analyze punctual.finished_runs, punctual.attempts, punctual.jobs");
  return stock;
}

/** The first page of each kind plans its statement, once a connection, and is told apart. */
async function measure(pool: Database, tenantId: number, filters: () => RunFilters) {
  const timesMs: number[] = [];
  const found = { items: 0, short: 0 };
  for (let page = 0; page <= pages; page++) {
    const startedMs = performance.now();
    const { rows, stopped } = await searchRuns(pool, tenantId, filters(), { below: null, limit: pageItems });
    timesMs.push(performance.now() - startedMs);
    found.items += rows.length;
    if (stopped) found.short++;
  }
  const [first = 0, ...others] = timesMs;
  const sorted = others.sort((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  const means = { itemsAPage: round(found.items / timesMs.length), shortPages: round(found.short / timesMs.length) };
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: at(1), firstMs: round(first), ...means };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
