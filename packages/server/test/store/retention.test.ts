import type pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { transaction } from "../../src/store/database.ts";
import { settle } from "../../src/store/dispatching.ts";
import { createPartitions } from "../../src/store/partitions.ts";
import { dropExpiredPartitions } from "../../src/store/retention.ts";
import { searchRuns } from "../../src/store/run-search.ts";
import { createStore, fireOne, hourMs, resultOf, type Store, settleOne, startMs } from "./fixture.ts";

const dayMs = 24 * hourMs;

let store: Store;
let node: number;
/** History of 1 March; it is 1 April. */
beforeEach(async () => {
  store = await createStore();
  await createPartitions(store.db);
  node = await store.addNode(60 * dayMs);
  await finishOne();
  await store.database.freezeClock(startMs + 31 * dayMs);
  await createPartitions(store.db);
});
afterEach(() => store.database.drop());

const drop = async () => (await dropExpiredPartitions(store.db, { retentionDays: 30, deadLetterRetentionDays: 90 })).dropped;
async function finishOne(): Promise<void> {
  await settleOne(store, resultOf(await fireOne(store, node, await store.addJob()), node));
}
const names = async () =>
  (
    await store.rows<{ name: string }>(
      "select relname as name from pg_class where relname in ('finished_runs_20270301', 'attempts_20270301')",
    )
  ).map((row) => row.name);

/** Holds a transaction open that has read or written history, as a slow reader would. */
async function holding(text: string): Promise<{ client: pg.PoolClient; end(): Promise<void> }> {
  const client = await store.db.connect();
  await client.query("begin");
  await client.query(text);
  return {
    client,
    async end() {
      await client.query("rollback");
      client.release();
    },
  };
}

describe("retention", () => {
  test("lets runs end and be found while it drops what is old", async () => {
    let dropping = true;
    const dropped = drop().finally(() => void (dropping = false));
    let ended = 0;
    do {
      await finishOne();
      ended++;
    } while (dropping);
    expect((await dropped).sort()).toEqual(["attempts_20270301", "finished_runs_20270301"]);
    const page = await searchRuns(store.db, store.tenantId, {}, { below: null, limit: 200 });
    expect(page.rows).toHaveLength(ended);
  });

  test("gives way to a reader that does not end, and to those who queue behind it: it waits a bounded time, changes nothing, and comes back", async () => {
    const runId = await fireOne(store, node, await store.addJob());
    const reader = await holding("select count(*) from punctual.finished_runs");
    try {
      let trying = true;
      const refused = drop()
        .catch((error: unknown) => error)
        .finally(() => void (trying = false));
      // Whoever asks after it queues behind its lock request, and gets through when that gives up.
      do {
        const writer = await holding("set local lock_timeout = '1s'");
        await settle(writer.client, [resultOf(runId, node)]);
        await writer.end();
      } while (trying);
      expect(await refused).toMatchObject({ code: "55P03" });
      expect(await names()).toContain("finished_runs_20270301");
    } finally {
      await reader.end();
    }
    await drop();
    expect(await names()).toEqual([]);
  });

  test("drops one table at a time, so that what it got is not lost to what it did not", async () => {
    const reader = await holding("select count(*) from only punctual.attempts_20270301");
    try {
      await drop().catch(() => undefined);
      await transaction(store.db, (tx) => tx.query("select 1 from punctual.finished_runs limit 1"));
    } finally {
      await reader.end();
    }
    await drop();
    expect(await names()).toEqual([]);
  });
});
