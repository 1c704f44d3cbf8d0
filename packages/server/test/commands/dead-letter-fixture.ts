import type { DeadLetterFilter, Query } from "@punctual/contract";
import { manualRunId, originKey, queueKey, shardOf } from "../../src/model/ids.ts";
import { startMs } from "../store/fixture.ts";
import { type Office, openOffice } from "./fixture.ts";

/** What a dead letter is to be like; when left out, one of a job of its own that died of a 503 at `startMs`. */
export type Death = {
  jobId?: string;
  nominalMs?: number;
  diedMs?: number;
  failureClass?: string;
  statusCode?: number | null;
  output?: string;
  origin?: string;
  queue?: string;
};

/** An office with dead letters, and short ways to ask for them. */
export async function openDeadLetters() {
  const office = await openOffice();
  const job = async (body: object = {}): Promise<string> => (await office.create({ cron: "0 0 1 1 *", ...body })).jobId;
  const list = async (query: Query<"listDeadLetters"> = {}) => (await office.ask("listDeadLetters", { query })).body;
  let made = 0;
  return {
    ...office,
    job,
    list,
    idsOf: async (query: Query<"listDeadLetters"> = {}) => (await list(query)).items.map((letter) => letter.runId),
    replay: async (body: object, filter: DeadLetterFilter = {}) =>
      (await office.ask("replayDeadLetters", { body: { filter, ...body } })).body,
    die: async (death: Death = {}) => insertDeath(office, death.jobId ?? (await job()), String(made++), death),
  };
}

/** A dead run with two failed attempts, as settle leaves them. */
async function insertDeath(office: Office, jobId: string, seed: string, death: Death): Promise<string> {
  const { nominalMs = startMs, diedMs = startMs, failureClass = "http_status", statusCode = 503, output = "no room" } = death;
  const { origin = "https://example.com", queue } = death;
  const runId = manualRunId(jobId, nominalMs, seed);
  const queueOrNull = queue === undefined ? null : queueKey(office.tenantId, queue);
  const ended = [shardOf(jobId), runId, diedMs, failureClass, statusCode];
  await office.rows(
    `insert into punctual.finished_runs (shard, run_id, finished_at, failure_class, status_code, job_id, tenant_id, nominal_at, origin, queue, revision, state,
       kind, attempt, started_at, reason)
     values ($1, $2, punctual.at($3), $4, $5, $6, $7, punctual.at($8), $9, $10, 1, 'dead', 'scheduled', 2, punctual.at($3), 'all attempts failed')`,
    [...ended, jobId, office.tenantId, nominalMs, originKey(office.tenantId, origin), queueOrNull],
  );
  await office.rows(
    `insert into punctual.attempts (shard, run_id, finished_at, failure_class, status_code, attempt, outcome, started_at, error, output)
     select $1, $2, punctual.at($3) - (3 - n) * interval '1 ms', $4, $5, n, 'failed', punctual.at($3) - (10 - n) * interval '1 ms', 'it answered badly',
            case n when 2 then $6 else 'first output' end
     from generate_series(1, 2) n`,
    [...ended, output],
  );
  return runId;
}
