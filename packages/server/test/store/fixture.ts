import { randomBytes, randomUUID } from "node:crypto";
import { createTestDatabase, type TestDatabase } from "@punctual/testkit";
import type pg from "pg";
import { jobId as newJobId, occurrenceRunId, shardOf } from "../../src/model/ids.ts";
import type { Placement } from "../../src/model/placement.ts";
import { type AttemptResult, settle } from "../../src/store/dispatching.ts";
import { type CursorMove, fire, type NewRun } from "../../src/store/firing.ts";
import { insertJobs, type NewJob } from "../../src/store/jobs.ts";
import { registerNode, renewNode } from "../../src/store/nodes.ts";
import { bootstrapTenant } from "../../src/store/tenants.ts";

/** When the frozen clock of every store stands at first. */
export const startMs = Date.parse("2027-03-01T09:00:00Z");
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;

export type AddedJob = { jobId: string; shard: number; nextMs: number };
export type Store = {
  database: TestDatabase;
  db: pg.Pool;
  tenantId: number;
  addTenant(name: string): Promise<number>;
  /** A node with a lease of an hour, unless said otherwise. */
  addNode(ttlMs?: number): Promise<number>;
  /** A job whose cursor stands at `nextMs`, default a minute ago, so that it is due. */
  addJob(change?: Partial<NewJob> & { tenantId?: number }): Promise<AddedJob>;
  addJobs(count: number, nextMs?: number): Promise<AddedJob[]>;
  rows<T>(sql: string, values?: unknown[]): Promise<T[]>;
};

/** A store of its own with its clock frozen at `startMs`. */
export async function createStore(): Promise<Store> {
  const database = await createTestDatabase();
  await database.freezeClock(startMs);
  const db = database.pool;
  const { tenantId } = await bootstrapTenant(db, "default");
  const addMany = async (tenant: number, jobs: NewJob[]): Promise<AddedJob[]> => {
    await insertJobs(db, tenant, jobs);
    // insertJobs knows no due time before now; a job that has existed for a while does.
    await db.query("update punctual.cursors set due_at = next_at where job_id = any ($1)", [jobs.map((job) => job.jobId)]);
    return jobs.map(({ jobId, nextMs }) => ({ jobId, shard: shardOf(jobId), nextMs }));
  };
  return {
    database,
    db,
    tenantId,
    addTenant: async (name) => (await bootstrapTenant(db, name)).tenantId,
    addNode: async (ttlMs = hourMs) => (await registerNode(db, { name: "n", version: "0", beat: randomUUID(), slots: 10 }, ttlMs)).nodeId,
    addJob: async ({ tenantId: owner = tenantId, ...change } = {}) => at(await addMany(owner, [newJob(change)]), 0),
    addJobs: (count, nextMs = startMs - minuteMs) =>
      addMany(
        tenantId,
        Array.from({ length: count }, () => newJob({ nextMs })),
      ),
    rows: async <T>(sql: string, values: unknown[] = []) => (await db.query(sql, values)).rows as T[],
  };
}

/** Renews a node's lease. @returns the database's time, or null when the lease is lost */
export async function renew(store: Store, nodeId: number, beat: string, nextBeat: string, ttlMs: number): Promise<number | null> {
  const renewal = await renewNode(store.db, { nodeId, beat, nextBeat }, ttlMs, { running: 0, clockOffsetMs: 0, silentMs: 0 });
  return renewal?.nowMs ?? null;
}

/** The item at an index that must be there. */
export function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`expected an item at ${index}, there are ${items.length}`);
  return item;
}

export function newJob(change: Partial<NewJob> = {}): NewJob {
  return {
    jobId: newJobId(startMs, randomBytes(10).toString("hex")),
    name: null,
    definition: JSON.stringify({ cron: "* * * * *", target: { type: "http", url: "https://example.com/" } }),
    payload: null,
    targetType: "http",
    labels: {},
    nextMs: startMs - minuteMs,
    dueMs: change.nextMs ?? startMs - minuteMs,
    afterMs: null,
    queue: null,
    ...change,
  };
}

/** Where a cursor without a spread goes. */
export const cursorAt = (nominalMs: number) => ({ nominalMs, dueMs: nominalMs });

export function moveOf(job: AddedJob, change: Partial<CursorMove> = {}): CursorMove {
  return {
    shard: job.shard,
    jobId: job.jobId,
    revision: 1,
    nextMs: job.nextMs,
    next: cursorAt(job.nextMs + hourMs),
    counted: 1,
    ...change,
  };
}

export function runOf(job: AddedJob, change: Partial<NewRun> = {}): NewRun {
  const nominalMs = change.nominalMs ?? job.nextMs;
  const runId = occurrenceRunId(job.jobId, nominalMs);
  return {
    shard: job.shard,
    jobId: job.jobId,
    runId,
    nominalMs,
    state: "running",
    placement,
    expiresMs: null,
    held: null,
    reason: null,
    ...change,
  };
}

/** Where runs of the fixture wait: no queue. */
export const placement: Placement = { priority: 4, origin: 1, queue: null, concurrencyKey: null, pulled: false };

/** Fires the job's due occurrence for a node, and answers its run's id. */
export async function fireOne(store: Store, nodeId: number, job: AddedJob, state: NewRun["state"] = "running"): Promise<string> {
  const run = runOf(job, { state });
  await fire(store.db, nodeId, [moveOf(job)], [run]);
  return run.runId;
}

export type LiveRow = {
  run_id: string;
  state: string;
  holder: string | null;
  attempt: number;
  cancel_reason: string | null;
  due_ms: number;
  started_ms: number | null;
};

export async function liveRun(store: Store, runId: string): Promise<LiveRow | null> {
  const [row] = await store.rows<LiveRow>(
    `select run_id, state, holder, attempt, cancel_reason, punctual.ms(due_at) as due_ms, punctual.ms(started_at) as started_ms
     from punctual.live_runs where run_id = $1`,
    [runId],
  );
  return row ?? null;
}

export type FinishedRow = { run_id: string; state: string; attempt: number; reason: string | null; started_ms: number | null };

export function finishedRuns(store: Store, jobId: string): Promise<FinishedRow[]> {
  return store.rows<FinishedRow>(
    "select run_id, state, attempt, reason, punctual.ms(started_at) as started_ms from punctual.finished_runs where job_id = $1 order by run_id",
    [jobId],
  );
}

/** What an attempt came to; successful unless said otherwise. */
export function resultOf(runId: string, holder: number, change: Partial<AttemptResult> = {}): AttemptResult {
  return {
    shard: shardOf(runId),
    runId,
    holder,
    attempt: 1,
    next: "succeeded",
    delayMs: 0,
    nextBecause: null,
    resumes: false,
    held: null,
    reason: null,
    evidence: {
      outcome: "succeeded",
      startedMs: startMs + 5,
      durationMs: 20,
      failureClass: null,
      statusCode: 200,
      error: null,
      output: "ok",
      outputTruncated: false,
      mayHaveBeenSeen: true,
    },
    ...change,
  };
}

export const settleOne = async (store: Store, result: AttemptResult): Promise<boolean> =>
  (await settle(store.db, [result])).has(result.runId);
