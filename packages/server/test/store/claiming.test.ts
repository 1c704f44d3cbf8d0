import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { transaction } from "../../src/store/database.ts";
import { claimReady, peekRuns, wakeWaiting } from "../../src/store/dispatching.ts";
import { fire, type NewRun } from "../../src/store/firing.ts";
import { buryItself } from "../../src/store/nodes.ts";
import { createStore, fireOne, hourMs, liveRun, moveOf, placement, resultOf, runOf, type Store, settleOne, startMs } from "./fixture.ts";

const allShards = Array.from({ length: 256 }, (_, shard) => shard);
let store: Store;
let node: number;
beforeAll(async () => {
  store = await createStore();
  node = await store.addNode(365 * 24 * hourMs);
});
afterAll(() => store.database.drop());

/** Runs that are ready, one a job, in the order given. Every test claims what it has made, so that the next one begins with none. */
async function readyRuns(changes: Partial<NewRun>[]): Promise<string[]> {
  const jobs = await store.addJobs(changes.length);
  const runs = jobs.map((job, index) => runOf(job, { state: "ready", ...changes[index] }));
  await fire(
    store.db,
    null,
    jobs.map((job) => moveOf(job)),
    runs,
  );
  return runs.map((run) => run.runId);
}
const claim = async (total: number, leave: number[] = [], shards = allShards, nodeId = node) =>
  (await claimReady(store.db, nodeId, shards, { perShard: 100, total }, leave)).map((run) => run.run_id);

describe("claiming", () => {
  test("holds the run for this node, in its next attempt, and tells all that is needed to begin it", async () => {
    const job = await store.addJob();
    const runId = await fireOne(store, node, job, "ready");
    const expected = { shard: job.shard, run_id: runId, job_id: job.jobId, tenant_id: store.tenantId, revision: 1, nominal_ms: job.nextMs };
    expect(await claimReady(store.db, node, [job.shard], { perShard: 5, total: 5 }, [])).toEqual([
      { ...expected, attempt: 1, started_ms: startMs, origin: 1, payload: null, now: startMs },
    ]);
    expect(await liveRun(store, runId)).toMatchObject({ state: "running", holder: String(node), attempt: 1, started_ms: startMs });
  });

  test("takes higher priority first and then the longest due, over all shards", async () => {
    const [low, high, older, middle] = (await readyRuns([
      { placement: { ...placement, priority: 1 } },
      { placement: { ...placement, priority: 9 } },
      { placement: { ...placement, priority: 4 } },
      { placement: { ...placement, priority: 4 } },
    ])) as [string, string, string, string];
    await store.rows("update punctual.live_runs set due_at = due_at - interval '1 second' where run_id = $1", [older]);
    const order = [];
    for (let index = 0; index < 4; index++) order.push(...(await claim(1)));
    expect(order).toEqual([high, older, middle, low]);
  });

  test("lets no shard wait behind another one's backlog", async () => {
    const runs = await readyRuns(Array.from({ length: 40 }, () => ({})));
    // The oldest lie in the shards that are named last.
    const ordered = [...runs].sort((a, b) => Number.parseInt(b.slice(-2), 16) - Number.parseInt(a.slice(-2), 16));
    for (const [index, runId] of ordered.entries()) {
      await store.rows("update punctual.live_runs set due_at = due_at - $2 * interval '1 second' where run_id = $1", [runId, 100 - index]);
    }
    expect((await claim(10)).sort()).toEqual(ordered.slice(0, 10).sort());
    expect(await claim(100)).toHaveLength(30);
  });

  test("leaves the runs of origins that have their share already", async () => {
    const [crowded, free] = await readyRuns([
      { placement: { ...placement, origin: 7, priority: 9 } },
      { placement: { ...placement, origin: 8 } },
    ]);
    expect(await claim(10, [7])).toEqual([free]);
    expect(await claim(10)).toEqual([crowded]);
  });

  test("leaves the shards that are not named", async () => {
    const [runId = ""] = await readyRuns([{}]);
    const shard = Number.parseInt(runId.slice(-2), 16);
    expect(
      await claim(
        10,
        [],
        allShards.filter((other) => other !== shard),
      ),
    ).toEqual([]);
    expect(await claim(10, [], [shard])).toEqual([runId]);
  });

  test("is refused to a node whose lease has ended or that has left", async () => {
    const ended = await store.addNode(0);
    const left = await store.addNode();
    await buryItself(store.db, left);
    const runs = await readyRuns([{}]);
    for (const nodeId of [ended, left, 999_999]) expect(await claim(10, [], allShards, nodeId)).toEqual([]);
    expect(await claim(10)).toEqual(runs);
  });

  test("never gives a run to two nodes that claim at once", async () => {
    const other = await store.addNode();
    const runs = await readyRuns(Array.from({ length: 200 }, () => ({})));
    const claims = await Promise.all(Array.from({ length: 8 }, (_, index) => claim(50, [], allShards, index % 2 ? node : other)));
    claims.push(await claim(200));
    expect(claims.flat()).toHaveLength(200);
    expect(new Set(claims.flat())).toEqual(new Set(runs));
    expect(await store.rows("select distinct attempt from punctual.live_runs where run_id = any ($1)", [runs])).toEqual([{ attempt: 1 }]);
  });

  test("passes by a run that somebody else has locked, instead of waiting for it", async () => {
    const [locked = "", free] = await readyRuns([{ placement: { ...placement, priority: 9 } }, {}]);
    await transaction(store.db, async (tx) => {
      await tx.query("select from punctual.live_runs where run_id = $1 for update", [locked]);
      expect(await claim(10)).toEqual([free]);
    });
    expect(await claim(10)).toEqual([locked]);
  });
});

describe("waking", () => {
  test("makes a retry ready when its time has come by the database's clock, not sooner", async () => {
    const job = await store.addJob();
    const runId = await fireOne(store, node, job);
    await settleOne(store, resultOf(runId, node, { next: "waiting", delayMs: 5_000 }));
    expect(await peekRuns(store.db, [job.shard])).toEqual({ now: startMs, next_wake_ms: startMs + 5_000, any_ready: false });
    await store.database.moveClock(4_999);
    expect(await wakeWaiting(store.db, allShards, 10)).toBe(0);
    await store.database.moveClock(1);
    expect(await wakeWaiting(store.db, allShards, 10)).toBe(1);
    expect(await peekRuns(store.db, [job.shard])).toEqual({ now: startMs + 5_000, next_wake_ms: null, any_ready: true });
    const [claimed] = await claimReady(store.db, node, [job.shard], { perShard: 1, total: 1 }, []);
    expect(claimed).toMatchObject({ run_id: runId, attempt: 2 });
    expect(await liveRun(store, runId)).toMatchObject({ started_ms: startMs + 5 });
  });
});
