import { afterAll, beforeAll, expect, test } from "vitest";
import { manualRunId } from "../../src/model/ids.ts";
import { findRun, insertManualRun } from "../../src/store/runs.ts";
import { at, createStore, fireOne, placement, resultOf, type Store, settleOne, startMs } from "./fixture.ts";

let store: Store;
beforeAll(async () => {
  store = await createStore();
});
afterAll(() => store.database.drop());

test("a run is read live or ended, with what its last attempt came to, by nobody but its tenant", async () => {
  const stranger = await store.addTenant("stranger");
  const node = await store.addNode();
  const failed = { outcome: "failed" as const, failureClass: "http_status" as const, statusCode: 503 };
  for (const next of ["waiting", "dead"] as const) {
    const runId = await fireOne(store, node, await store.addJob());
    expect(await findRun(store.db, store.tenantId, runId)).toMatchObject({ state: "running", failure_class: null, status_code: null });
    const result = resultOf(runId, node, { next });
    await settleOne(store, { ...result, evidence: result.evidence && { ...result.evidence, ...failed } });
    expect(await findRun(store.db, store.tenantId, runId)).toMatchObject({ state: next, failure_class: "http_status", status_code: 503 });
    expect(await findRun(store.db, stranger, runId)).toBeNull();
  }
});

test("a manual run is ready at once and exists once, and its payload is its own", async () => {
  const job = at(await store.addJobs(1), 0);
  const run = {
    runId: manualRunId(job.jobId, startMs, "twice"),
    jobId: job.jobId,
    revision: 1,
    placement,
    expiresMs: null,
    payload: '{"a":1}',
    rerunOf: null,
  };
  for (let repeat = 0; repeat < 2; repeat++) await insertManualRun(store.db, store.tenantId, run, startMs);
  expect(await store.rows("select state, kind, attempt, payload from punctual.live_runs where run_id = $1", [run.runId])).toEqual([
    { state: "ready", kind: "manual", attempt: 0, payload: '{"a":1}' },
  ]);
});
