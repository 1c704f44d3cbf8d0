import { createHash } from "node:crypto";
import { type FailureClass, failureClasses, type RunKind, type RunState, runStates } from "@punctual/contract";
import { jobId as newJobId, originKey, queueKey, shardOf, shardOfQueue } from "../../src/model/ids.ts";
import { isTerminal } from "../../src/model/run-states.ts";
import type { RunFilters } from "../../src/store/run-search.ts";
import { at, hourMs, minuteMs, type Store, startMs } from "./fixture.ts";

/** A run as the plainest search would know it. */
export type Known = {
  runId: string;
  tenantId: number;
  jobId: string;
  labels: Record<string, string>;
  state: RunState;
  kind: RunKind;
  failureClass: FailureClass | null;
  statusCode: number | null;
  origin: number;
  queue: number | null;
  texts: readonly (string | null)[];
  nominalMs: number;
};
export type KnownJob = { jobId: string; labels: Record<string, string>; queue: number | null };

const labelSets: Record<string, string>[] = [{}, { team: "billing" }, { team: "ops", env: "prod" }, { team: "billing", env: "prod" }];
export const originNames = ["https://a.example.com", "https://b.example.com:8443"];
export const queueName = "emails";
export const outputs = ["all is well", "invoice 100% paid", "Invoice_7 lost", "C:\\temp\\", null];
const codes = [200, 204, 404, 500, 503, null];

/** A number below `limit` that depends on nothing but its seed. */
const pick = (seed: string, limit: number): number => createHash("sha256").update(seed).digest().readUInt32BE(0) % limit;

/**
 * Makes jobs of a tenant, some in one queue, and `count` runs of them in every state, a minute apart and three to a minute, with an attempt or two each. Ended
 * ones end within an hour or, every tenth, two days late, in another day's partition.
 */
export async function addHistory(store: Store, tenantId: number, count: number): Promise<{ jobs: KnownJob[]; known: Known[] }> {
  const queue = queueKey(tenantId, queueName);
  const jobs = Array.from({ length: 6 }, (_, index) => {
    const inQueue = index >= 4;
    const random = createHash("sha256").update(`${tenantId}/${index}`).digest("hex").slice(0, 20);
    const jobId = newJobId(startMs - 90 * 24 * hourMs, random, inQueue ? shardOfQueue(queue) : null);
    return { jobId, labels: at(labelSets, index % labelSets.length), queue: inQueue ? queue : null };
  });
  await store.rows(
    `insert into punctual.jobs (shard, job_id, tenant_id, revision, status, definition, target_type, labels, created_at, updated_at)
     select (v->>0)::smallint, (v->>1)::uuid, $2, 1, 'active', '{}', 'http', v->2, now(), now() from jsonb_array_elements($1::jsonb) v`,
    [JSON.stringify(jobs.map(({ jobId, labels }) => [shardOf(jobId), jobId, labels])), tenantId],
  );
  const known = Array.from({ length: count }, (_, index) => knownRun(tenantId, at(jobs, index % jobs.length), index));
  await insertRuns(store, known);
  return { jobs, known };
}

function knownRun(tenantId: number, job: KnownJob, index: number): Known {
  const of = <T>(what: string, choices: readonly T[]): T => at(choices, pick(`${tenantId}/${index}/${what}`, choices.length));
  const state = of("state", [...runStates, "succeeded" as const, "succeeded" as const]);
  const nominalMs = startMs - Math.floor(index / 3) * minuteMs * 20;
  const tried = state !== "skipped" && state !== "ready";
  const failed = tried && state !== "succeeded";
  const hex = createHash("sha256").update(`${tenantId}/run/${index}`).digest("hex");
  return {
    runId: newJobId(nominalMs, hex.slice(0, 20), shardOf(job.jobId)),
    tenantId,
    jobId: job.jobId,
    labels: job.labels,
    state,
    kind: of("kind", ["scheduled", "manual", "backfill"] as const),
    failureClass: failed ? of("class", failureClasses) : null,
    statusCode: failed ? of("code", codes.slice(2)) : tried ? of("code", codes.slice(0, 2)) : null,
    origin: originKey(tenantId, of("origin", originNames)),
    queue: job.queue,
    texts: tried ? [of("output", outputs), failed ? of("error", ["connect ECONNREFUSED", "503 from upstream"]) : null] : [],
    nominalMs,
  };
}

async function insertRuns(store: Store, known: readonly Known[]): Promise<void> {
  const rows = known.map((run, index) => [
    ...[
      shardOf(run.runId),
      run.runId,
      run.jobId,
      run.tenantId,
      run.state,
      run.kind,
      run.nominalMs,
      run.failureClass,
      run.statusCode,
      run.origin,
    ],
    ...[
      run.queue,
      isTerminal(run.state),
      run.texts.length > 0 ? 1 : 0,
      run.nominalMs + (index % 10 === 0 ? 48 * hourMs : 1_000 * (index % 3000)),
      run.texts[0] ?? null,
    ],
    run.texts[1] ?? null,
  ]);
  await store.rows(
    `with rows as (
       select (v->>0)::smallint as shard, (v->>1)::uuid as run_id, (v->>2)::uuid as job_id, (v->>3)::int as tenant_id, v->>4 as state, v->>5 as kind,
              punctual.at((v->>6)::float8) as nominal_at, v->>7 as class, (v->>8)::int as code, (v->>9)::int as origin, (v->>10)::bigint as queue,
              (v->>11)::boolean as over, (v->>12)::int as tried, punctual.at((v->>13)::float8) as finished_at, v->>14 as output, v->>15 as error,
              -- As a run that succeeds at once is written: its attempt is told by its own row.
              (v->>11)::boolean and (v->>12)::int = 1 and v->>4 = 'succeeded' and v->>15 is null as sole
       from jsonb_array_elements($1::jsonb) v),
     live as (
       insert into punctual.live_runs (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt, started_at, queue, holder)
       select shard, run_id, job_id, tenant_id, 1, state, kind, 4, origin, nominal_at, nominal_at, tried, case tried when 1 then nominal_at end, queue,
              case state when 'running' then 1 end from rows where not over),
     ended as (
       insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, origin, nominal_at, attempt, started_at, finished_at, queue,
         failure_class, status_code, sole_duration_ms, output)
       select shard, run_id, job_id, tenant_id, 1, state, kind, origin, nominal_at, tried, case tried when 1 then nominal_at end, finished_at, queue, class, code,
              case when sole then 1 end, case when sole then output end
       from rows where over)
     insert into punctual.attempts (shard, run_id, attempt, outcome, started_at, finished_at, failure_class, status_code, output, error)
     select shard, run_id, 1, 'failed', nominal_at, finished_at, class, code, output, error from rows where tried = 1 and not sole`,
    [JSON.stringify(rows)],
  );
}

/** What the filters mean, in its plainest form: ids, latest first. */
export function matching(known: readonly Known[], filters: RunFilters): string[] {
  const { jobId, labels = [], states, kind, failureClasses: classes, statusCodes, origin, queue, text, fromMs, toMs } = filters;
  return known
    .filter(
      (run) =>
        (jobId === undefined || run.jobId === jobId) &&
        labels.every(({ key, value }) => Object.hasOwn(run.labels, key) && (value === null || run.labels[key] === value)) &&
        (states === undefined || states.includes(run.state)) &&
        (kind === undefined || run.kind === kind) &&
        (classes === undefined || (run.failureClass !== null && classes.includes(run.failureClass))) &&
        (statusCodes === undefined ||
          statusCodes.some(({ from, to }) => run.statusCode !== null && run.statusCode >= from && run.statusCode <= to)) &&
        (origin === undefined || run.origin === origin) &&
        (queue === undefined || run.queue === queue) &&
        (text === undefined || run.texts.some((each) => each?.toLowerCase().includes(text.toLowerCase()))) &&
        (fromMs === undefined || run.nominalMs >= fromMs) &&
        (toMs === undefined || run.nominalMs < toMs),
    )
    .map((run) => run.runId)
    .sort()
    .reverse();
}
