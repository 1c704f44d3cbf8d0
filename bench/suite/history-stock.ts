import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createApiKey } from "../../packages/server/src/store/api-keys.ts";
import { bootstrapTenant } from "../../packages/server/src/store/tenants.ts";
import { dayMs, days, fillDay, fillJobs as fillHistoryJobs, type Stock } from "../history/fill.ts";
import { fillJobs, quietJob } from "./jobs.ts";
import type { Context } from "./scenario.ts";
import type { Stage } from "./stage.ts";

/** A database with ended runs and jobs that are never due while it is asked. */
export type Filled = { stock: Stock & { runs: number }; jobs: number; apiKey: string };

const historyJobs = 10_000;
const yearMs = 365 * dayMs;

/** Ended runs of 30 days as bench/history fills them, unless the folder has them already, and as many jobs of the tenant that has the most of them. */
export async function fillStock(stage: Stage, { options, say }: Context, wanted: { runs: number; jobs: number }): Promise<Filled> {
  const { db } = stage;
  const path = options.folder === null ? null : join(resolve(options.folder), "stock.json");
  const kept = path !== null && existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Stock & { runs: number }) : null;
  const stock = kept ?? (await fillRuns(stage, wanted.runs, say));
  if (path !== null && kept === null) writeFileSync(path, JSON.stringify(stock));
  const { rows } = await db.query<{ jobs: number }>("select count(*)::int as jobs from punctual.jobs where tenant_id = $1", [
    stock.tenantId,
  ]);
  // The history is filled with jobs that only search by; here they are read, too.
  const definition = { ...quietJob, every: "365d", anchor: new Date(stock.fromMs).toISOString() };
  await db.query("update punctual.jobs set definition = $1 where definition = '{}'", [JSON.stringify(definition)]);
  const missing = wanted.jobs - (rows[0]?.jobs ?? 0);
  const shared = { tenantId: stock.tenantId, definition: quietJob, origins: 100, everyMs: yearMs };
  if (missing > 0) await fillJobs(db, { ...shared, jobs: missing, leadMs: yearMs }, say);
  const apiKey = await createApiKey(db, stock.tenantId, "bench", ["read", "write"]);
  return { stock, jobs: Math.max(wanted.jobs, rows[0]?.jobs ?? 0), apiKey };
}

async function fillRuns({ db }: Stage, runs: number, say: Context["say"]): Promise<Stock & { runs: number }> {
  const tenantIds: number[] = [];
  for (const name of ["large", "small-1", "small-2", "small-3"]) tenantIds.push((await bootstrapTenant(db, name)).tenantId);
  const todayMs = Math.floor(Date.now() / dayMs) * dayMs;
  const stock = await fillHistoryJobs(db, tenantIds, historyJobs, todayMs);
  for (let day = 0; day < days; day++) await fillDay(db, todayMs - (days - day) * dayMs, Math.round(runs / days), historyJobs);
  await db.query("analyze punctual.finished_runs, punctual.attempts, punctual.jobs");
  say(`${runs.toLocaleString("en-US")} ended runs`);
  return { ...stock, runs };
}
