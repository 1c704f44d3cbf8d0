import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { settle } from "../../src/store/dispatching.ts";
import { claimFromQueue } from "../../src/store/queue-claims.ts";
import { createStore, resultOf, type Store } from "./fixture.ts";
import { addQueue, addRuns, type Queue } from "./queue-fixture.ts";

let store: Store;
let many: Database;
beforeAll(async () => {
  store = await createStore();
  many = openDatabase({
    url: store.database.url,
    applicationName: "claimers",
    maxConnections: 20,
    statementTimeoutMs: 20_000,
    connectTimeoutMs: 5_000,
    indexPlansOnly: true,
  });
});
afterAll(async () => {
  await many.end();
  await store.database.drop();
});

const end = async (queue: Queue, runIds: readonly string[], holder: number): Promise<number> =>
  (
    await settle(
      store.db,
      runIds.map((runId) => ({ ...resultOf(runId, holder), shard: queue.shard })),
    )
  ).size;
const running = async ({ shard, queue }: Queue): Promise<number> =>
  Number(
    (
      await store.rows<{ n: string }>("select count(*) n from punctual.live_runs where shard = $1 and queue = $2 and state = 'running'", [
        shard,
        queue,
      ])
    )[0]?.n,
  );

describe("twenty claimers at once", () => {
  const claimAll = async (queue: Queue, stop: () => boolean, check: (taken: string[]) => Promise<void>): Promise<number> => {
    let taken = 0;
    const claimer = async (index: number): Promise<void> => {
      while (!stop()) {
        const holder = -1_000 - index;
        const ids = (await claimFromQueue(many, { holder, worker: "w", leaseMs: 60_000 }, queue, 1 + (index % 4))).runs.map(
          (run) => run.run_id,
        );
        taken += ids.length;
        await check(ids);
        expect(await end(queue, ids, holder)).toBe(ids.length);
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, index) => claimer(index)));
    return taken;
  };

  test("never pass the concurrency of the queue or of a key, counted by somebody else", async () => {
    const queue = await addQueue(store, { concurrency: 5, keyConcurrency: 2 });
    for (const key of [1, 2, 3, null]) await addRuns(store, queue, 150, { key, pulled: true });
    let worst = 0;
    let worstKey = 0;
    let samples = 0;
    let done = 0;
    const observe = async (): Promise<void> => {
      while (done < 600) {
        const [row] = await store.rows<{ all: string; key: string }>(
          `select coalesce(sum(n), 0) as all, coalesce(max(n) filter (where concurrency_key is not null), 0) as key from (
             select concurrency_key, count(*) n from punctual.live_runs where shard = 7 and queue = $1 and state = 'running' group by 1) t`,
          [queue.queue],
        );
        worst = Math.max(worst, Number(row?.all));
        worstKey = Math.max(worstKey, Number(row?.key));
        samples++;
      }
    };
    const check = async (ids: string[]): Promise<void> => {
      done += ids.length;
    };
    const [taken] = await Promise.all([claimAll(queue, () => done >= 600, check), observe()]);
    expect(taken).toBe(600);
    expect(samples).toBeGreaterThan(20);
    expect([worst, worstKey]).toEqual([5, 2]);
    expect(await running(queue)).toBe(0);
  });

  test("take a backlog without limits, each run once", async () => {
    const queue = await addQueue(store);
    const ids = await addRuns(store, queue, 2_000, { pulled: true });
    const seen: string[] = [];
    await claimAll(
      queue,
      () => seen.length >= 2_000,
      async (taken) => {
        seen.push(...taken);
      },
    );
    expect(seen.sort()).toEqual(ids.sort());
  });
});
