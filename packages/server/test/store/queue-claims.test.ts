import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { settle } from "../../src/store/dispatching.ts";
import { buryItself } from "../../src/store/nodes.ts";
import { claimFromQueue, findQueuesWithWork, giveTokensBack, type QueueClaim } from "../../src/store/queue-claims.ts";
import { createStore, minuteMs, resultOf, type Store, startMs } from "./fixture.ts";
import { addQueue, addRuns, type Queue } from "./queue-fixture.ts";

let store: Store;
let node: number;
beforeAll(async () => {
  store = await createStore();
  node = await store.addNode();
});
afterAll(() => store.database.drop());

const claim = (queue: Queue, most: number, leaveOrigins: number[] = []): Promise<QueueClaim> =>
  claimFromQueue(store.db, { holder: node, nodeId: node, leaveOrigins }, queue, most);
const idsOf = ({ runs }: QueueClaim): string[] => runs.map((run) => run.run_id);
/** @returns how many were still held */
const end = async (queue: Queue, runIds: readonly string[], holder = node): Promise<number> =>
  (
    await settle(
      store.db,
      runIds.map((runId) => ({ ...resultOf(runId, holder), shard: queue.shard })),
    )
  ).size;

describe("a claim from a queue", () => {
  test("takes higher priority first and then the longest due, as an attempt of this node", async () => {
    const queue = await addQueue(store);
    const [low] = await addRuns(store, queue, 1, { priority: 0 });
    const [first, second] = await addRuns(store, queue, 2);
    const [high] = await addRuns(store, queue, 1, { priority: 9 });
    expect(idsOf(await claim(queue, 3))).toEqual([high, first, second]);
    const { runs } = await claim(queue, 3);
    expect(runs).toMatchObject([{ run_id: low, shard: 7, attempt: 1, started_ms: startMs, now: startMs, origin: 1, payload: null }]);
    expect(await claim(queue, 3)).toEqual({ runs: [], blocked: null, retryInMs: null });
  });

  test("leaves the runs of other queues, those of workers, and origins at their share of slots", async () => {
    const [queue, other] = [await addQueue(store), await addQueue(store)];
    await addRuns(store, other, 1);
    await addRuns(store, queue, 1, { pulled: true });
    await addRuns(store, queue, 1, { origin: 5 });
    const [free] = await addRuns(store, queue, 1, { origin: 6 });
    expect(idsOf(await claim(queue, 10, [5]))).toEqual([free]);
  });

  test("needs the node's lease", async () => {
    const queue = await addQueue(store);
    await addRuns(store, queue, 1);
    const gone = await store.addNode();
    await buryItself(store.db, gone);
    expect(await claimFromQueue(store.db, { holder: gone, nodeId: gone, leaveOrigins: [] }, queue, 1)).toMatchObject({ runs: [] });
  });

  test("works for a queue nobody has made: it has no limits", async () => {
    const queue = { shard: 7, queue: 7 };
    await addRuns(store, queue, 3);
    expect(idsOf(await claim(queue, 10))).toHaveLength(3);
  });

  test("takes nothing from a paused queue", async () => {
    const queue = await addQueue(store, { paused: true });
    await addRuns(store, queue, 1);
    expect(await claim(queue, 1)).toEqual({ runs: [], blocked: "paused", retryInMs: null });
    expect(await findQueuesWithWork(store.db, [7], [], 100)).not.toContainEqual(queue);
  });
});

describe("a worker's claim", () => {
  test("takes what workers pull, under a lease of its own", async () => {
    const queue = await addQueue(store, { concurrency: 3 });
    await addRuns(store, queue, 1);
    const ids = await addRuns(store, queue, 2, { pulled: true });
    const taken = await claimFromQueue(store.db, { holder: -5, worker: "w-1", leaseMs: 30_000 }, queue, 10);
    expect(idsOf(taken)).toEqual(ids);
    const rows = await store.rows(
      "select holder, worker, state, attempt, punctual.ms(expires_at) as expires_ms from punctual.live_runs where run_id = any ($1)",
      [ids],
    );
    expect(rows).toEqual(ids.map(() => ({ holder: "-5", worker: "w-1", state: "running", attempt: 1, expires_ms: startMs + 30_000 })));
    expect(idsOf(await claim(queue, 10)), "nodes and workers share the limit").toHaveLength(1);
  });
});

describe("a concurrency limit", () => {
  test("is never passed, and a place that becomes free is taken", async () => {
    const queue = await addQueue(store, { concurrency: 3 });
    await addRuns(store, queue, 5);
    const first = idsOf(await claim(queue, 10));
    expect(first).toHaveLength(3);
    expect(await claim(queue, 10)).toEqual({ runs: [], blocked: "concurrency", retryInMs: null });
    expect(await end(queue, first.slice(0, 1))).toBe(1);
    expect(idsOf(await claim(queue, 10))).toHaveLength(1);
  });

  test("for each key lets the other keys go on, and does not bind runs without a key", async () => {
    const queue = await addQueue(store, { keyConcurrency: 1 });
    const [first] = await addRuns(store, queue, 3, { key: 11 });
    const [other] = await addRuns(store, queue, 3, { key: 12 });
    const keyless = await addRuns(store, queue, 2);
    expect(new Set(idsOf(await claim(queue, 10)))).toEqual(new Set([first, other, ...keyless]));
    expect(await claim(queue, 10)).toMatchObject({ runs: [] });
    await end(queue, [first ?? ""]);
    expect((await claim(queue, 10)).runs).toHaveLength(1);
  });

  test("of a key is found past a thousand keys that have reached it", async () => {
    const queue = await addQueue(store, { keyConcurrency: 1 });
    for (const state of ["running", "ready"]) {
      await store.rows(
        `insert into punctual.live_runs
           (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt, queue, concurrency_key, holder)
         select $1, gen_random_uuid(), gen_random_uuid(), 1, 1, $2, 'scheduled', 4, 1, now(), now(), 0, $3, n, case $2 when 'running' then -1 end
         from generate_series(1, 1500) n`,
        [queue.shard, state, queue.queue],
      );
    }
    const [free] = await addRuns(store, queue, 1, { key: 2_000 });
    expect(idsOf(await claim(queue, 10))).toEqual([]);
    expect(idsOf(await claim(queue, 10))).toEqual([free]);
  });
});

describe("a rate", () => {
  test("lets a burst go, then no more than its share of the time that passes", async () => {
    const queue = await addQueue(store, { rate: { limit: 10, periodMs: minuteMs, burst: 4 } });
    await addRuns(store, queue, 50);
    expect((await claim(queue, 50)).runs).toHaveLength(4);
    expect(await claim(queue, 50)).toEqual({ runs: [], blocked: "rate", retryInMs: 6_000 });
    await store.database.moveClock(5_999);
    expect((await claim(queue, 50)).retryInMs).toBe(1);
    await store.database.moveClock(1);
    expect((await claim(queue, 50)).runs).toHaveLength(1);
    await store.database.moveClock(10 * minuteMs);
    expect((await claim(queue, 50)).runs, "what was not used adds up to a burst, no more").toHaveLength(4);
  });

  test("counts what begins: what was handed back unbegun is given back, never beyond the burst", async () => {
    const queue = await addQueue(store, { rate: { limit: 1, periodMs: 60 * minuteMs, burst: 4 } });
    await addRuns(store, queue, 50);
    await claim(queue, 4);
    await giveTokensBack(store.db, queue, 3);
    expect((await claim(queue, 50)).runs).toHaveLength(3);
    expect((await claim(queue, 50)).blocked).toBe("rate");
    await giveTokensBack(store.db, queue, 100);
    expect((await claim(queue, 50)).runs).toHaveLength(4);
    const free = await addQueue(store);
    await giveTokensBack(store.db, free, 5);
    expect(await store.rows("select tokens from punctual.queues where queue = $1", [free.queue])).toEqual([{ tokens: 0 }]);
  });

  test("keeps fractions of a token, however often somebody asks", async () => {
    const queue = await addQueue(store, { rate: { limit: 7, periodMs: 1_000, burst: 2 } });
    await addRuns(store, queue, 100);
    let taken = (await claim(queue, 50)).runs.length;
    for (let step = 0; step < 100; step++) {
      await store.database.moveClock(100);
      taken += (await claim(queue, 50)).runs.length;
    }
    expect(taken, "the burst, and seven a second for ten seconds").toBe(72);
  });
});

describe("keys take turns", () => {
  test("so that a backlog of one does not keep another waiting, whatever the size of a claim", async () => {
    const queue = await addQueue(store, { concurrency: 1_000 });
    await addRuns(store, queue, 500, { key: 1 });
    const [late] = await addRuns(store, queue, 1, { key: 2 });
    const [keyless] = await addRuns(store, queue, 1);
    expect(idsOf(await claim(queue, 3))).toEqual(expect.arrayContaining([late, keyless]));
  });

  test("one run a claim goes around once before anybody has a second", async () => {
    const queue = await addQueue(store, { concurrency: 1_000 });
    const keys = [1, 2, 3, null];
    const keyOf = new Map<string, number | null>();
    for (const key of keys) for (const id of await addRuns(store, queue, 5, { key })) keyOf.set(id, key);
    const order: (number | null | undefined)[] = [];
    for (let turn = 0; turn < 8; turn++) order.push(...idsOf(await claim(queue, 1)).map((id) => keyOf.get(id)));
    expect(order).toEqual([...keys, ...keys]);
  });

  test("also in a queue without limits, which nobody remembers a turn for", async () => {
    const queue = await addQueue(store);
    for (const key of [2 ** 50, 2 ** 51, null]) await addRuns(store, queue, 60, { key });
    const taken = new Set<number | null>();
    for (let turn = 0; turn < 60; turn++) await claim(queue, 1);
    const rows = await store.rows<{ key: string | null }>(
      "select distinct concurrency_key as key from punctual.live_runs where queue = $1 and state = 'running'",
      [queue.queue],
    );
    for (const { key } of rows) taken.add(key === null ? null : Number(key));
    expect(taken.size).toBe(3);
  });

  test("and higher priority goes before the turn", async () => {
    const queue = await addQueue(store, { concurrency: 1_000 });
    await addRuns(store, queue, 5, { key: 1 });
    const high = await addRuns(store, queue, 3, { key: 2, priority: 9 });
    expect(idsOf(await claim(queue, 3))).toEqual(high);
  });
});

test("queues with work for nodes are found, past those of workers and those to leave", async () => {
  const [pulled, left, found] = [await addQueue(store), await addQueue(store), await addQueue(store)];
  await addRuns(store, pulled, 3, { pulled: true });
  await addRuns(store, left, 3);
  await addRuns(store, found, 3);
  const queuesFound = await findQueuesWithWork(store.db, [6, 7, 8], [left.queue], 1_000);
  expect(queuesFound).toContainEqual(found);
  for (const queue of [pulled, left]) expect(queuesFound).not.toContainEqual(queue);
});
