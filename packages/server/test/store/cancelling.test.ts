import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cancelRuns, readCancelRequests } from "../../src/store/cancelling.ts";
import { readExpiredLeases } from "../../src/store/expiring.ts";
import { fire } from "../../src/store/firing.ts";
import { findRun } from "../../src/store/runs.ts";
import {
  createStore,
  finishedRuns,
  fireOne,
  hourMs,
  liveRun,
  moveOf,
  placement,
  resultOf,
  runOf,
  type Store,
  settleOne,
} from "./fixture.ts";

let store: Store;
let node: number;
let other: number;
beforeAll(async () => {
  store = await createStore();
  node = await store.addNode(365 * 24 * hourMs);
  other = await store.addNode(365 * 24 * hourMs);
});
afterAll(() => store.database.drop());

async function heldRun(): Promise<{ jobId: string; runId: string; shard: number }> {
  const job = await store.addJob();
  return { jobId: job.jobId, shard: job.shard, runId: await fireOne(store, node, job) };
}
const failed = { ...resultOf("00", 0).evidence, outcome: "failed", failureClass: "timeout" } as NonNullable<
  ReturnType<typeof resultOf>["evidence"]
>;

describe("cancelling", () => {
  const cancel = (runId: string, tenantId = store.tenantId) =>
    cancelRuns(store.db, tenantId, { runId }, { reason: "by request", by: "somebody" });

  test("ends a run that waits or is ready at once, and only once", async () => {
    const job = await store.addJob();
    const runId = await fireOne(store, node, job, "ready");
    expect(await cancel(runId)).toEqual({ cancelled: 1, cancelling: 0 });
    expect(await cancel(runId)).toEqual({ cancelled: 0, cancelling: 0 });
    expect(await finishedRuns(store, job.jobId)).toMatchObject([{ state: "cancelled", reason: "by request", attempt: 0 }]);
  });

  test("asks the holder of a running one to stop, and leaves it to the holder", async () => {
    const { runId, shard } = await heldRun();
    expect(await cancel(runId)).toEqual({ cancelled: 0, cancelling: 1 });
    expect(await readCancelRequests(store.db, node, [shard])).toContainEqual({ run_id: runId, cancel_reason: "by request" });
    expect(await readCancelRequests(store.db, other, [shard])).toEqual([]);
    expect(await liveRun(store, runId)).toMatchObject({ state: "running", holder: String(node) });
  });

  test("is remembered with the name of who asked first, for a run that waits and for one under way", async () => {
    const waiting = await fireOne(store, node, await store.addJob(), "ready");
    const { runId: running } = await heldRun();
    const ask = (runId: string, who: string) => cancelRuns(store.db, store.tenantId, { runId }, { reason: `wish of ${who}`, by: who });
    for (const runId of [waiting, running]) await ask(runId, "ann");
    await ask(running, "bob");
    await settleOne(store, resultOf(running, node, { next: "cancelled", reason: "whatever" }));
    for (const runId of [waiting, running])
      expect(await findRun(store.db, store.tenantId, runId)).toMatchObject({ state: "cancelled", ended_by: "ann", reason: "wish of ann" });
  });

  test("after the engine asked for the end of a run is not what ended it", async () => {
    const { runId } = await heldRun();
    await store.rows("update punctual.live_runs set cancel_reason = 'overlap' where run_id = $1", [runId]);
    await cancel(runId);
    await settleOne(store, resultOf(runId, node, { next: "waiting", delayMs: 5_000, evidence: failed }));
    expect(await findRun(store.db, store.tenantId, runId)).toMatchObject({ state: "cancelled", ended_by: null, reason: "overlap" });
  });

  test("of a run that its target accepts at that moment ends it at once: nobody is there to be told; one that was accepted before as well", async () => {
    const [late, early] = [await heldRun(), await heldRun()];
    const accept = ({ runId }: { runId: string }) =>
      settleOne(store, { ...resultOf(runId, node, { evidence: null }), next: "running", endsInMs: hourMs });
    await cancel(late.runId);
    await accept(late);
    await accept(early);
    const expired = async () => (await readExpiredLeases(store.db, [late.shard, early.shard], 10)).map((run) => run.run_id);
    expect(await expired()).toEqual([late.runId]);
    await cancel(early.runId);
    expect((await expired()).sort()).toEqual([late.runId, early.runId].sort());
    expect(await liveRun(store, early.runId)).toMatchObject({ state: "running", holder: expect.stringMatching(/^-/) });
  });

  test("is not undone by a retry: a run whose end was asked for meanwhile ends", async () => {
    const { jobId, runId } = await heldRun();
    await cancel(runId);
    await settleOne(store, resultOf(runId, node, { next: "waiting", delayMs: 5_000, evidence: failed }));
    expect(await liveRun(store, runId)).toBeNull();
    expect(await finishedRuns(store, jobId)).toMatchObject([{ state: "cancelled", reason: "by request", attempt: 1 }]);
  });

  test("of a run that is handed back unbegun leaves no trace of an attempt", async () => {
    const { jobId, runId } = await heldRun();
    await cancel(runId);
    await settleOne(store, resultOf(runId, node, { next: "ready", evidence: null }));
    expect(await finishedRuns(store, jobId)).toMatchObject([{ state: "cancelled", attempt: 0, started_ms: null }]);
  });

  test("comes too late for an attempt that succeeded", async () => {
    const { jobId, runId } = await heldRun();
    await cancel(runId);
    await settleOne(store, resultOf(runId, node));
    expect(await finishedRuns(store, jobId)).toMatchObject([{ state: "succeeded", reason: null }]);
  });

  test("of a job ends all its runs, and no other job's or tenant's", async () => {
    const [mine, bystander] = [await store.addJob(), await store.addJob()];
    const [ready, spared] = [await fireOne(store, node, mine, "ready"), await fireOne(store, node, bystander, "ready")];
    const stranger = await store.addTenant("stranger");
    expect(await cancelRuns(store.db, stranger, { jobId: mine.jobId }, { reason: "x", by: "y" })).toEqual({ cancelled: 0, cancelling: 0 });
    expect(await cancel(ready, stranger)).toEqual({ cancelled: 0, cancelling: 0 });
    expect(await cancelRuns(store.db, store.tenantId, { jobId: mine.jobId }, { reason: "x", by: "y" })).toEqual({
      cancelled: 1,
      cancelling: 0,
    });
    expect(await liveRun(store, spared)).toMatchObject({ state: "ready" });
  });

  test("ends a run that is held back or waits in a queue as it ends any other, at once", async () => {
    for (const held of ["breaker", "overlap", "retry_budget"] as const) {
      const job = await store.addJob();
      await fire(store.db, node, [moveOf(job)], [runOf(job, { state: "waiting", held })]);
      expect(await cancel(runOf(job).runId)).toEqual({ cancelled: 1, cancelling: 0 });
    }
    const job = await store.addJob();
    await fire(store.db, node, [moveOf(job)], [runOf(job, { state: "ready", placement: { ...placement, queue: 7 } })]);
    expect(await cancel(runOf(job).runId)).toEqual({ cancelled: 1, cancelling: 0 });
    expect(await finishedRuns(store, job.jobId)).toMatchObject([{ state: "cancelled", attempt: 0 }]);
  });
});
