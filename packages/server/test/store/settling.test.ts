import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claimReady, readOrphans, settle } from "../../src/store/dispatching.ts";
import { buryExpired, buryItself } from "../../src/store/nodes.ts";
import { readAttempts } from "../../src/store/runs.ts";
import { createStore, finishedRuns, fireOne, hourMs, liveRun, renew, resultOf, type Store, settleOne, startMs } from "./fixture.ts";

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

describe("a result", () => {
  test("that ends the run moves it into history together with its attempt", async () => {
    const { jobId, runId } = await heldRun();
    expect(await settleOne(store, resultOf(runId, node))).toBe(true);
    expect(await liveRun(store, runId)).toBeNull();
    expect(await finishedRuns(store, jobId)).toEqual([
      { run_id: runId, state: "succeeded", attempt: 1, reason: null, started_ms: startMs + 5 },
    ]);
    expect(await readAttempts(store.db, runId)).toMatchObject([
      { attempt: 1, outcome: "succeeded", started_ms: startMs + 5, duration_ms: 20, node_id: node, output: "ok", late: false },
    ]);
  });

  test("of a run that succeeded at once is told by the run's own row; any other attempt has one of its own", async () => {
    const [sole, fixedDelay] = [await heldRun(), await heldRun()];
    const last = await heldRun();
    await settleOne(store, resultOf(sole.runId, node));
    await settleOne(store, resultOf(fixedDelay.runId, node, { resumes: true }));
    await settleOne(store, resultOf(last.runId, node, { next: "dead", evidence: failed }));
    const own = await store.rows<{ run_id: string }>("select run_id from punctual.attempts where run_id = any ($1)", [
      [sole.runId, fixedDelay.runId, last.runId],
    ]);
    expect(own.map((row) => row.run_id).sort()).toEqual([fixedDelay.runId, last.runId].sort());
    const [soleTold, ownTold] = [await readAttempts(store.db, sole.runId), await readAttempts(store.db, fixedDelay.runId)];
    expect(soleTold).toHaveLength(1);
    expect(soleTold).toEqual(ownTold);
  });

  test("that asks for a retry lets the run wait, unheld, until its time by the database's clock", async () => {
    const { runId } = await heldRun();
    await settleOne(store, resultOf(runId, node, { next: "waiting", delayMs: 5_000, evidence: failed }));
    expect(await liveRun(store, runId)).toMatchObject({
      state: "waiting",
      holder: null,
      attempt: 1,
      due_ms: startMs + 5_000,
      started_ms: startMs + 5,
    });
    expect(await readAttempts(store.db, runId)).toMatchObject([{ outcome: "failed", failure_class: "timeout" }]);
  });

  test("of an attempt that never began hands the run back with no attempt spent and no start", async () => {
    const { runId } = await heldRun();
    await settleOne(store, resultOf(runId, node, { next: "ready", evidence: null }));
    expect(await liveRun(store, runId)).toMatchObject({ state: "ready", holder: null, attempt: 0, due_ms: startMs, started_ms: null });
    expect(await readAttempts(store.db, runId)).toEqual([]);
  });
});

describe("a result that is not the holder's any more changes nothing", () => {
  test.each([
    ["of another node", () => ({ holder: other })],
    ["of an earlier attempt", () => ({ attempt: 0 })],
    ["of a later attempt", () => ({ attempt: 2 })],
  ])("%s", async (_name, change) => {
    const { jobId, runId } = await heldRun();
    const before = await liveRun(store, runId);
    for (const next of ["succeeded", "waiting", "ready", "dead"] as const) {
      expect(await settleOne(store, resultOf(runId, node, { next, ...change() }))).toBe(false);
    }
    expect(await liveRun(store, runId)).toEqual(before);
    expect(await finishedRuns(store, jobId)).toEqual([]);
  });

  test("and is kept as late evidence: what a cut-off node's target answered, after its run was retried elsewhere", async () => {
    const { jobId, runId } = await heldRun();
    await settleOne(
      store,
      resultOf(runId, node, { next: "waiting", evidence: { ...failed, outcome: "lost", failureClass: "lost", durationMs: 4_000 } }),
    );
    expect(await settleOne(store, resultOf(runId, node))).toBe(false);
    expect(await liveRun(store, runId)).toMatchObject({ state: "waiting" });
    expect(await finishedRuns(store, jobId)).toEqual([]);
    expect(await readAttempts(store.db, runId)).toMatchObject([
      { attempt: 1, outcome: "lost", duration_ms: 4_000, late: false },
      { attempt: 1, outcome: "succeeded", duration_ms: 20, late: true },
    ]);
  });

  test("also in one batch with the result that counts", async () => {
    const { runId } = await heldRun();
    const late = resultOf(runId, other, { attempt: 1 });
    const { evidence } = resultOf(runId, node);
    await settle(store.db, [late, resultOf(runId, node, { evidence: evidence && { ...evidence, startedMs: startMs + 9 } })]);
    expect((await readAttempts(store.db, runId)).map(({ node_id: by, late: isLate }) => [by, isLate])).toEqual([
      [node, false],
      [other, true],
    ]);
  });

  test("sent twice, the second time after the run has ended", async () => {
    const { jobId, runId } = await heldRun();
    expect(await settleOne(store, resultOf(runId, node))).toBe(true);
    expect(await settleOne(store, resultOf(runId, node))).toBe(false);
    expect(await finishedRuns(store, jobId)).toHaveLength(1);
  });

  test("sent twice at once", async () => {
    const runs = await Promise.all(Array.from({ length: 20 }, heldRun));
    const batch = () =>
      settle(
        store.db,
        runs.map(({ runId }) => resultOf(runId, node)),
      );
    const kept = await Promise.all([batch(), batch()]);
    expect(kept.map((ids) => ids.size).sort((a, b) => a - b)).toEqual([0, 20]);
    for (const { jobId } of runs) expect(await finishedRuns(store, jobId)).toHaveLength(1);
  });
});

describe("a lost node's runs", () => {
  test("are orphans only once the node is buried, and a node that comes back in time loses none", async () => {
    const fresh = await createStore();
    try {
      const dying = await fresh.addNode(4_000);
      const job = await fresh.addJob();
      const runId = await fireOne(fresh, dying, job);
      const orphans = async () => (await readOrphans(fresh.db, [job.shard], 10)).map((run) => run.run_id);
      await fresh.database.moveClock(5_000);
      expect(await orphans()).toEqual([]);
      const { beat } = (await fresh.rows<{ beat: string }>("select beat from punctual.nodes where node_id = $1", [dying]))[0] ?? {
        beat: "",
      };
      expect(await renew(fresh, dying, beat, beat, 4_000)).toBe(startMs + 5_000);
      expect(await buryExpired(fresh.db)).toEqual([]);
      await fresh.database.moveClock(5_000);
      expect(await buryExpired(fresh.db)).toEqual([dying]);
      expect(await orphans()).toEqual([runId]);
      expect(await renew(fresh, dying, beat, beat, 4_000)).toBeNull();
      expect(await buryExpired(fresh.db)).toEqual([]);
    } finally {
      await fresh.database.drop();
    }
  });

  test("are found in the named shards, with what their rescuer needs, as many as asked for", async () => {
    const leaving = await store.addNode();
    const job = await store.addJob();
    const runId = await fireOne(store, leaving, job);
    await buryItself(store.db, leaving);
    expect(await readOrphans(store.db, [job.shard], 10)).toContainEqual({
      shard: job.shard,
      run_id: runId,
      job_id: job.jobId,
      revision: 1,
      attempt: 1,
      holder: leaving,
      held_ms: startMs,
      started_ms: startMs,
      now: startMs,
    });
    expect(await readOrphans(store.db, [(job.shard + 1) % 256], 10)).toEqual([]);
    expect(await readOrphans(store.db, [job.shard], 0)).toEqual([]);
  });
});

test("a run handed back unbegun ends that hold of it, and no later one of the same node in the same attempt", async () => {
  const fresh = await createStore();
  try {
    const holder = await fresh.addNode();
    const job = await fresh.addJob();
    const runId = await fireOne(fresh, holder, job);
    const handBack = (heldMs: number) => settle(fresh.db, [{ ...resultOf(runId, holder, { next: "ready", heldMs }), evidence: null }]);
    expect(await handBack(startMs)).toEqual(new Set([runId]));
    await fresh.database.moveClock(1_000);
    const [again] = await claimReady(fresh.db, holder, [job.shard], { perShard: 1, total: 1 }, []);
    expect(again).toMatchObject({ run_id: runId, attempt: 1, now: startMs + 1_000 });
    // Its answer was lost, so that it comes a second time; or it was late.
    expect(await handBack(startMs)).toEqual(new Set());
    expect(await liveRun(fresh, runId)).toMatchObject({ state: "running", attempt: 1 });
    expect(await handBack(startMs + 1_000)).toEqual(new Set([runId]));
    expect(await liveRun(fresh, runId)).toMatchObject({ state: "ready", attempt: 0 });
  } finally {
    await fresh.database.drop();
  }
});
