import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Deletion, deleteJob } from "../../src/store/job-revisions.ts";
import { findJob } from "../../src/store/jobs.ts";
import { readPlans } from "../../src/store/plans.ts";
import { retryEndedRun } from "../../src/store/retrying.ts";
import { findRun } from "../../src/store/runs.ts";
import { addSecret, createCipher, jobSigningSecret, newSigningSecret, purgeSecrets, readSecret } from "../../src/store/secrets.ts";
import { type AddedJob, createStore, fireOne, hourMs, placement, resultOf, type Store, settleOne, startMs } from "./fixture.ts";

let store: Store;
let node: number;
beforeAll(async () => {
  store = await createStore();
  node = await store.addNode(365 * 24 * hourMs);
});
beforeEach(() => store.database.freezeClock(startMs));
afterAll(() => store.database.drop());

const cipher = createCipher(randomBytes(32));
const remove = (job: AddedJob, nextMs: number, runs: Deletion["runs"] = "finish") =>
  deleteJob(store.db, store.tenantId, job.jobId, { revision: 1, nextMs }, { runs, reason: "deleted by ann", by: "ann" });
const find = (runId: string) => findRun(store.db, store.tenantId, runId);

/** A job with a run that is ready, one that waits for its retry, and one under way. */
async function busyJob() {
  const job = await store.addJob({ nextMs: startMs, payload: '"p"' });
  const ready = await fireOne(store, node, job, "ready");
  await store.database.moveClock(hourMs);
  const waiting = await fireOne(store, node, { ...job, nextMs: startMs + hourMs });
  await settleOne(store, resultOf(waiting, node, { next: "waiting", delayMs: 24 * hourMs }));
  await store.database.moveClock(hourMs);
  const running = await fireOne(store, node, { ...job, nextMs: startMs + 2 * hourMs });
  return { job, ready, waiting, running, nextMs: startMs + 3 * hourMs };
}

describe("a deleted job", () => {
  test("leaves its waiting runs cancelled, its running ones to end, and its last revision to read", async () => {
    const { job, ready, waiting, running, nextMs } = await busyJob();
    expect(await remove(job, nextMs)).toBe(true);
    expect(await findJob(store.db, store.tenantId, job.jobId)).toBeNull();
    for (const runId of [ready, waiting])
      expect(await find(runId)).toMatchObject({ state: "cancelled", reason: "deleted by ann", ended_by: "ann" });
    expect(await find(running)).toMatchObject({ state: "running", reason: null, ended_by: null });
    expect(await store.rows("select from punctual.cursors where job_id = $1", [job.jobId])).toEqual([]);
    expect(await readPlans(store.db, [{ jobId: job.jobId, revision: 1 }])).toMatchObject([{ revision: 1, payload: '"p"' }]);
  });

  test("with runs: cancel has those under way stopped as well, and remembers who wanted it", async () => {
    const { job, ready, running, nextMs } = await busyJob();
    expect(await remove(job, nextMs, "cancel")).toBe(true);
    expect(await find(ready)).toMatchObject({ state: "cancelled" });
    expect(await find(running)).toMatchObject({ state: "running", reason: "deleted by ann", ended_by: "ann" });
    await settleOne(store, resultOf(running, node, { next: "waiting", delayMs: 1_000 }));
    expect(await find(running)).toMatchObject({ state: "cancelled", reason: "deleted by ann", ended_by: "ann" });
  });

  test("with runs: keep leaves every run as it is", async () => {
    const { job, ready, waiting, running, nextMs } = await busyJob();
    expect(await remove(job, nextMs, "keep")).toBe(true);
    expect((await Promise.all([ready, waiting, running].map(find))).map((run) => [run?.state, run?.reason])).toEqual([
      ["ready", null],
      ["waiting", null],
      ["running", null],
    ]);
  });
});

describe("a deleted job's own secret", () => {
  const secretOf = (jobId: string) => readSecret(store.db, cipher, store.tenantId, jobSigningSecret(jobId));
  const purgeAfterDays = async (jobId: string) => {
    await store.rows("update punctual.secrets set created_at = punctual.clock() - interval '2 days' where name = $1", [
      jobSigningSecret(jobId),
    ]);
    return purgeSecrets(store.db);
  };

  test("is kept while any of its runs is live or can be retried, and goes with the last of them", async () => {
    const job = await store.addJob({ nextMs: startMs });
    await addSecret(store.db, cipher, store.tenantId, jobSigningSecret(job.jobId), newSigningSecret());
    expect(await purgeAfterDays(job.jobId)).toBe(0);
    const runId = await fireOne(store, node, job);
    await remove(job, startMs + hourMs);
    expect(await secretOf(job.jobId)).toHaveLength(1);
    expect(await purgeAfterDays(job.jobId)).toBe(0);
    await settleOne(store, resultOf(runId, node, { next: "dead" }));
    expect(await purgeAfterDays(job.jobId)).toBe(0);
    expect(await retryEndedRun(store.db, store.tenantId, runId, placement)).toBe(true);
    expect(await secretOf(job.jobId)).toHaveLength(1);
    await store.rows("delete from punctual.live_runs where run_id = $1", [runId]);
    expect(await purgeAfterDays(job.jobId)).toBe(1);
    expect(await secretOf(job.jobId)).toEqual([]);
  });

  test("is not taken for one of a job that is being created, nor is the tenant's", async () => {
    const unborn = "0192f3a4-5b6c-8d7e-9f01-23456789ab2c";
    await addSecret(store.db, cipher, store.tenantId, jobSigningSecret(unborn), newSigningSecret());
    await addSecret(store.db, cipher, store.tenantId, "signing", newSigningSecret());
    await store.rows("update punctual.secrets set created_at = punctual.clock() where name = $1", [jobSigningSecret(unborn)]);
    await store.rows("update punctual.secrets set created_at = punctual.clock() - interval '9 days' where name = 'signing'");
    expect(await purgeSecrets(store.db)).toBe(0);
    expect(await purgeAfterDays(unborn)).toBe(1);
  });
});
