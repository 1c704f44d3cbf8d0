import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cancelRuns } from "../../src/store/cancelling.ts";
import { readRunPayload, retryEndedRun } from "../../src/store/retrying.ts";
import { findRun, readAttempts } from "../../src/store/runs.ts";
import { createStore, finishedRuns, fireOne, hourMs, liveRun, placement, resultOf, type Store, settleOne, startMs } from "./fixture.ts";

let store: Store;
let node: number;
beforeAll(async () => {
  store = await createStore();
  node = await store.addNode(365 * 24 * hourMs);
});
afterAll(() => store.database.drop());

const failed = { ...resultOf("00", 0).evidence, outcome: "failed", failureClass: "timeout" } as NonNullable<
  ReturnType<typeof resultOf>["evidence"]
>;
const retry = (runId: string, tenantId = store.tenantId) =>
  retryEndedRun(store.db, tenantId, runId, { ...placement, priority: 7, origin: 9 });

async function endedRun(next: "dead" | "succeeded"): Promise<{ jobId: string; runId: string }> {
  const job = await store.addJob();
  const runId = await fireOne(store, node, job);
  await settleOne(store, resultOf(runId, node, { next, ...(next === "dead" && { evidence: failed, nextBecause: "not_retryable" }) }));
  return { jobId: job.jobId, runId };
}

describe("retrying an ended run", () => {
  test("makes it live again, ready, with its attempts and its first start, and takes it out of history", async () => {
    const { jobId, runId } = await endedRun("dead");
    expect(await retry(runId)).toBe(true);
    expect(await liveRun(store, runId)).toMatchObject({
      state: "ready",
      attempt: 1,
      holder: null,
      due_ms: startMs,
      started_ms: startMs + 5,
    });
    expect(await finishedRuns(store, jobId)).toEqual([]);
    expect(await readAttempts(store.db, runId)).toMatchObject([{ attempt: 1, next_ms: null, next_because: "not_retryable" }]);
  });

  test("keeps what a manual run was given, through an end and back", async () => {
    const job = await store.addJob();
    const runId = await fireOne(store, node, job, "ready");
    await store.rows("update punctual.live_runs set payload = '{}', rerun_of = run_id where run_id = $1", [runId]);
    await cancelRuns(store.db, store.tenantId, { runId }, { reason: "by request", by: "somebody" });
    expect(await readRunPayload(store.db, runId)).toBe("{}");
    expect(await retry(runId)).toBe(true);
    expect(await readRunPayload(store.db, runId)).toBe("{}");
    expect(await findRun(store.db, store.tenantId, runId)).toMatchObject({ state: "ready", rerun_of: runId, reason: null });
  });

  test("changes nothing for one that succeeded, is live, or is another tenant's", async () => {
    const [succeeded, dead] = [await endedRun("succeeded"), await endedRun("dead")];
    expect(await retry(succeeded.runId)).toBe(false);
    expect(await retry(dead.runId, await store.addTenant("stranger"))).toBe(false);
    expect(await finishedRuns(store, dead.jobId)).toMatchObject([{ state: "dead" }]);
    const live = await fireOne(store, node, await store.addJob());
    expect(await retry(live)).toBe(false);
    expect(await liveRun(store, live)).toMatchObject({ state: "running" });
  });

  test("by several at once is done by one", async () => {
    const { runId } = await endedRun("dead");
    const done = await Promise.all(Array.from({ length: 8 }, () => retry(runId)));
    expect(done.filter(Boolean)).toHaveLength(1);
  });
});

describe("a failed attempt's next one", () => {
  test("is recorded with its time and its reason, unless the run's end was asked for meanwhile", async () => {
    const settleWaiting = async (cancelFirst: boolean) => {
      const runId = await fireOne(store, node, await store.addJob());
      if (cancelFirst) await cancelRuns(store.db, store.tenantId, { runId }, { reason: "by request", by: "somebody" });
      await settleOne(store, resultOf(runId, node, { next: "waiting", delayMs: 5_000, evidence: failed, nextBecause: "retry_after" }));
      return readAttempts(store.db, runId);
    };
    expect(await settleWaiting(false)).toMatchObject([{ next_ms: startMs + 5_000, next_because: "retry_after" }]);
    expect(await settleWaiting(true)).toMatchObject([{ next_ms: null, next_because: null }]);
  });
});
