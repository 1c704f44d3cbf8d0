import { createApiKey } from "../../packages/server/src/store/api-keys.ts";
import type { Database } from "../../packages/server/src/store/database.ts";
import { bootstrapTenant } from "../../packages/server/src/store/tenants.ts";
import { dayMs, days, fillDay, fillJobs as fillHistoryJobs, type Stock } from "../history/fill.ts";
import { stocked } from "../lib/stock.ts";
import { fillJobs, quietJob } from "./jobs.ts";
import type { Context } from "./scenario.ts";
import type { Stage } from "./stage.ts";

/** A database with ended runs and jobs that are never due while it is asked. */
export type Filled = { stock: Stock; apiKey: string };

const historyJobs = 10_000;
const yearMs = 365 * dayMs;

/** Ended runs of 30 days as bench/history fills them, and as many jobs of the tenant that has the most of them; what the folder has already is taken as it is. */
export async function fillStock({ db }: Stage, { options, say }: Context, wanted: { runs: number; jobs: number }): Promise<Filled> {
  const kept = <T>(part: "runs" | "jobs", fill: () => Promise<T>): Promise<T> =>
    stocked(options.folder, { kind: "history", part, amount: wanted[part] }, fill);
  const stock = await kept("runs", () => fillRuns(db, wanted.runs, say));
  await kept("jobs", async () => {
    // The history is filled with jobs that only search by; here they are read, too.
    const definition = { ...quietJob, every: "365d", anchor: new Date(stock.fromMs).toISOString() };
    await db.query("update punctual.jobs set definition = $1 where definition = '{}'", [JSON.stringify(definition)]);
    const known = { tenantId: stock.tenantId, teams: stock.teams, jobs: wanted.jobs - stock.jobIds.length };
    await fillJobs(db, { ...known, definition: quietJob, origins: 100, everyMs: yearMs, leadMs: yearMs }, say);
  });
  const apiKey = await createApiKey(db, stock.tenantId, "bench", ["read", "write"]);
  return { stock, apiKey };
}

async function fillRuns(db: Database, runs: number, say: Context["say"]): Promise<Stock> {
  const tenantIds: number[] = [];
  for (const name of ["large", "small-1", "small-2", "small-3"]) tenantIds.push((await bootstrapTenant(db, name)).tenantId);
  const todayMs = Math.floor(Date.now() / dayMs) * dayMs;
  const stock = await fillHistoryJobs(db, tenantIds, historyJobs, todayMs);
  for (let day = 0; day < days; day++) await fillDay(db, todayMs - (days - day) * dayMs, Math.round(runs / days), historyJobs);
  await db.query("analyze punctual.finished_runs, punctual.attempts, punctual.jobs");
  say(`${runs.toLocaleString("en-US")} ended runs`);
  return stock;
}
