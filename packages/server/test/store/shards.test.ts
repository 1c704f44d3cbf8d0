import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readShards, releaseShards, storeWatermarks, takeShards } from "../../src/store/shards.ts";
import { at, createStore, hourMs, type Store, startMs } from "./fixture.ts";

const ttlMs = 4_000;
let store: Store;
beforeAll(async () => {
  store = await createStore();
});
beforeEach(() => store.database.freezeClock(startMs));
afterAll(() => store.database.drop());

describe("a shard", () => {
  const rowOf = async (shard: number) => at(await readShards(store.db), shard);

  test("is taken by one of two nodes that want it at once", async () => {
    const nodes = [await store.addNode(), await store.addNode()];
    const wanted = (await readShards(store.db)).slice(0, 50);
    const taken = await Promise.all(nodes.map((nodeId) => takeShards(store.db, nodeId, wanted)));
    const shards = taken.flat().map((row) => row.shard);
    expect(shards).toHaveLength(50);
    expect(new Set(shards).size).toBe(50);
    for (const row of taken.flat()) expect(await rowOf(row.shard)).toMatchObject({ owner: row.owner, epoch: row.epoch });
  });

  test("stays with an owner whose lease lasts, and is free when it has ended", async () => {
    const owner = await store.addNode(ttlMs);
    await takeShards(store.db, owner, [await rowOf(60)]);
    const wisher = await store.addNode();
    expect(await takeShards(store.db, wisher, [await rowOf(60)])).toEqual([]);
    await store.database.moveClock(ttlMs);
    expect(await rowOf(60)).toMatchObject({ owner: null });
    expect(await takeShards(store.db, wisher, [await rowOf(60)])).toMatchObject([{ shard: 60, owner: wisher }]);
  });

  test("is not taken with the knowledge of an earlier epoch", async () => {
    const nodeId = await store.addNode();
    const stale = await rowOf(61);
    const [taken] = await takeShards(store.db, nodeId, [stale]);
    await releaseShards(store.db, nodeId, taken ? [taken] : []);
    expect(await takeShards(store.db, nodeId, [stale])).toEqual([]);
  });

  test("is not taken by a node whose lease has ended", async () => {
    const ended = await store.addNode(0);
    expect(await takeShards(store.db, ended, [await rowOf(62)])).toEqual([]);
  });

  test("whose taking was answered into the void can be taken again by the same node", async () => {
    const nodeId = await store.addNode();
    await takeShards(store.db, nodeId, [await rowOf(63)]);
    expect(await takeShards(store.db, nodeId, [await rowOf(63)])).toMatchObject([{ shard: 63, owner: nodeId }]);
  });

  test("is given back only by whoever holds it in that epoch", async () => {
    const nodeId = await store.addNode();
    const [held] = await takeShards(store.db, nodeId, [await rowOf(64)]);
    if (!held) throw new Error("expected the shard to be free");
    await releaseShards(store.db, await store.addNode(), [held]);
    await releaseShards(store.db, nodeId, [{ ...held, epoch: held.epoch - 1 }]);
    expect(await rowOf(64)).toMatchObject({ owner: nodeId, epoch: held.epoch });
    await releaseShards(store.db, nodeId, [held]);
    expect(await rowOf(64)).toMatchObject({ owner: null, epoch: held.epoch + 1 });
  });

  test("hands its watermark to the next owner, and no owner of an earlier epoch or lower mark moves it back", async () => {
    const nodeId = await store.addNode();
    const [held] = await takeShards(store.db, nodeId, [await rowOf(65)]);
    if (!held) throw new Error("expected the shard to be free");
    expect(held.watermarkMs).toBe(0);
    await storeWatermarks(store.db, nodeId, [{ ...held, watermarkMs: startMs + hourMs, backlogMs: startMs }]);
    await storeWatermarks(store.db, nodeId, [{ ...held, watermarkMs: startMs - 1 }]);
    await storeWatermarks(store.db, nodeId, [{ ...held, epoch: held.epoch - 1, watermarkMs: startMs + hourMs }]);
    await releaseShards(store.db, nodeId, [{ ...held, watermarkMs: startMs - 2 }]);
    const [next] = await takeShards(store.db, await store.addNode(), [await rowOf(65)]);
    expect(next?.watermarkMs).toBe(startMs);
  });
});
