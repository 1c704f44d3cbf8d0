import type pg from "pg";
import { connectToPrimary } from "./primary.ts";

/** What the database holds in the end, read with statements of our own. All times are epoch milliseconds. */
export type Facts = {
  runs: readonly RunRow[];
  attempts: readonly AttemptRow[];
  cursors: readonly CursorRow[];
  nodes: readonly NodeRow[];
};

export type RunRow = {
  runId: string;
  jobId: string;
  nominalMs: number;
  kind: string;
  /** Of live runs: ready, running, waiting; of ended ones: succeeded, dead, cancelled, skipped. */
  state: string;
  attempt: number;
  reason: string | null;
};
export type AttemptRow = {
  runId: string;
  attempt: number;
  outcome: string;
  failureClass: string | null;
  /** It came after the run had been given to another, and changed nothing. */
  late: boolean;
  nodeId: number | null;
};
/** A job's place in its schedule; `fired` is how often it says that the job has fired. */
export type CursorRow = { jobId: string; fired: number };
export type NodeRow = { nodeId: number; name: string; startedMs: number; buriedMs: number | null; clockOffsetMs: number | null };

const runsSql = `
select run_id as "runId", job_id as "jobId", (extract(epoch from nominal_at) * 1000)::float8 as "nominalMs", kind, state, attempt, held as reason
from punctual.live_runs
union all
select run_id, job_id, (extract(epoch from nominal_at) * 1000)::float8, kind, state, attempt, reason from punctual.finished_runs`;
/** The attempt of a run that succeeded at once stands in the run's own row. */
const attemptsSql = `
select run_id as "runId", attempt, outcome, failure_class as "failureClass", late, node_id::float8 as "nodeId"
from punctual.attempts
union all
select run_id, 1, 'succeeded', null, false, node_id::float8 from punctual.finished_runs where sole_duration_ms is not null`;
const cursorsSql = `select job_id as "jobId", fired from punctual.cursors`;
const nodesSql = `
select node_id::float8 as "nodeId", name, (extract(epoch from started_at) * 1000)::float8 as "startedMs",
       (extract(epoch from buried_at) * 1000)::float8 as "buriedMs", clock_offset_ms as "clockOffsetMs"
from punctual.nodes`;
const liveSql = `
select count(*)::int as live from punctual.live_runs
where nominal_at <= to_timestamp($1::float8 / 1000) and not (job_id = any ($2::uuid[]))`;

/** Reads everything but the runs of `foreign` jobs; for a cluster that has stopped. */
export async function readFacts(servers: readonly string[], foreign: ReadonlySet<string>): Promise<Facts> {
  return withClient(servers, async (client) => {
    const rows = async <T extends object>(sql: string): Promise<T[]> => (await client.query<T>(sql)).rows;
    return {
      runs: (await rows<RunRow>(runsSql)).filter((run) => !foreign.has(run.jobId)),
      attempts: await rows<AttemptRow>(attemptsSql),
      cursors: await rows<CursorRow>(cursorsSql),
      nodes: await rows<NodeRow>(nodesSql),
    };
  });
}

/** How many runs due until a time are not over, those of `foreign` jobs aside. */
export async function countLive(servers: readonly string[], endMs: number, foreign: ReadonlySet<string>): Promise<number> {
  return withClient(servers, async (client) => {
    const { rows } = await client.query<{ live: number }>(liveSql, [endMs, [...foreign]]);
    return rows[0]?.live ?? 0;
  });
}

async function withClient<T>(servers: readonly string[], work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { client } = await connectToPrimary(servers, { application_name: "faults checker" });
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
