import type { Database } from "../../packages/server/src/store/database.ts";
import { type Percentiles, percentilesOf } from "./percentiles.ts";

/** What the history says of a time: it counts what was kept, whatever the nodes believe. */
export type Outcome = {
  runs: number;
  attempts: number;
  /** Ended in any other way than succeeded. */
  others: number;
  lagMs: Percentiles | null;
  /** Runs that ended in each second from the beginning. */
  perSecond: number[];
};

/** $1 from, $2 to; finished_runs has no index on its time, so that these walk a day's partition: for after the measurement. */
const endedSql = `
select floor((punctual.ms(finished_at) - $1) / 1000)::int as second, count(*) filter (where state = 'succeeded')::int as runs,
       count(*) filter (where state <> 'succeeded')::int as others
from punctual.finished_runs where finished_at >= punctual.at($1) and finished_at < punctual.at($2) group by 1 order by 1`;
const attemptsSql = `
select count(*)::int as attempts from punctual.all_attempts where finished_at >= punctual.at($1) and finished_at < punctual.at($2)`;
/** In steps of a tenth of a millisecond; $3 and $4 the tenants' jobs that are looked at: those of one tenant, or of all. */
const lagSql = `
select round(extract(epoch from started_at - nominal_at) * 10000)::float8 / 10 as ms, count(*)::int as runs
from punctual.finished_runs
where finished_at >= punctual.at($1) and finished_at < punctual.at($2) and started_at is not null and kind = 'scheduled' and ($3::int is null or tenant_id = $3)
group by 1`;

/**
 * What ended between two times of the database. Ask when nothing is measured any more.
 *
 * @param tenantId whose lag is told; everybody's unless given
 */
export async function readOutcome(db: Database, fromMs: number, toMs: number, tenantId: number | null = null): Promise<Outcome> {
  const ended = await db.query<{ second: number; runs: number; others: number }>(endedSql, [fromMs, toMs]);
  const attempts = await db.query<{ attempts: number }>(attemptsSql, [fromMs, toMs]);
  const perSecond = Array.from({ length: Math.floor((toMs - fromMs) / 1_000) }, () => 0);
  for (const { second, runs } of ended.rows) if (second < perSecond.length) perSecond[second] = runs;
  const sum = (field: "runs" | "others"): number => ended.rows.reduce((total, row) => total + row[field], 0);
  return {
    runs: sum("runs"),
    others: sum("others"),
    attempts: attempts.rows[0]?.attempts ?? 0,
    lagMs: await readLag(db, fromMs, toMs, tenantId),
    perSecond,
  };
}

/** From nominal time to the start of the first attempt. */
export async function readLag(db: Database, fromMs: number, toMs: number, tenantId: number | null): Promise<Percentiles | null> {
  const { rows } = await db.query<{ ms: number; runs: number }>(lagSql, [fromMs, toMs, tenantId]);
  return percentilesOf(rows.map(({ ms, runs }) => [ms, runs] as const));
}
