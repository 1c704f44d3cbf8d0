import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { holdDuty } from "../../src/store/leases.ts";
import {
  buryCrashed,
  buryExpired,
  buryItself,
  forgetNodes,
  giveUpLease,
  liveNodes,
  markDraining,
  registerNode,
} from "../../src/store/nodes.ts";
import { readShards, releaseShards, storeWatermarks, takeShards } from "../../src/store/shards.ts";
import { at, createStore, fireOne, hourMs, renew, type Store, startMs } from "./fixture.ts";

const ttlMs = 4_000;
let store: Store;
beforeAll(async () => {
  store = await createStore();
});
beforeEach(() => store.database.freezeClock(startMs));
afterAll(() => store.database.drop());

async function registered(): Promise<{ nodeId: number; beat: string }> {
  const beat = randomUUID();
  const { nodeId } = await registerNode(store.db, { name: "n", version: "1", beat, slots: 10 }, ttlMs);
  return { nodeId, beat };
}

describe("a node's lease", () => {
  test("lasts its time by the database's clock, and as much longer with each renewal", async () => {
    const { nodeId, beat } = await registered();
    const isLive = async () => (await liveNodes(store.db)).some((node) => node.nodeId === nodeId);
    await store.database.moveClock(3_999);
    expect(await isLive()).toBe(true);
    expect(await renew(store, nodeId, beat, randomUUID(), ttlMs)).toBe(startMs + 3_999);
    await store.database.moveClock(3_999);
    expect(await isLive()).toBe(true);
    await store.database.moveClock(1);
    expect(await isLive()).toBe(false);
  });

  test("is not renewed by a clone, which knows an older beat", async () => {
    const { nodeId, beat } = await registered();
    expect(await renew(store, nodeId, beat, randomUUID(), ttlMs)).not.toBeNull();
    expect(await renew(store, nodeId, beat, randomUUID(), ttlMs)).toBeNull();
  });

  test("is renewed when the answer to the last renewal was lost, whether or not that one was carried out", async () => {
    const { nodeId, beat } = await registered();
    const next = randomUUID();
    for (let repeat = 0; repeat < 3; repeat++) expect(await renew(store, nodeId, beat, next, ttlMs)).not.toBeNull();
    expect(await renew(store, nodeId, next, randomUUID(), ttlMs)).not.toBeNull();
  });

  test("can be renewed after it ran out, unless another node has buried it", async () => {
    const { nodeId, beat } = await registered();
    await store.database.moveClock(hourMs);
    const next = randomUUID();
    expect(await renew(store, nodeId, beat, next, ttlMs)).not.toBeNull();
    await store.database.moveClock(ttlMs);
    expect(await buryExpired(store.db)).toContain(nodeId);
    expect(await renew(store, nodeId, next, randomUUID(), ttlMs)).toBeNull();
  });

  test("ends with the node's own farewell, for good", async () => {
    const { nodeId, beat } = await registered();
    await buryItself(store.db, nodeId);
    expect((await liveNodes(store.db)).map((node) => node.nodeId)).not.toContain(nodeId);
    expect(await renew(store, nodeId, beat, randomUUID(), ttlMs)).toBeNull();
  });

  describe("of a node whose connection has closed", () => {
    const noSuchProcess = 2 ** 31 - 1;
    const registeredBehind = async (backendPid: number | null) => {
      const node = await registered();
      await store.rows("update punctual.nodes set backend_pid = $2 where node_id = $1", [node.nodeId, backendPid]);
      return node;
    };
    const buriedBy = async () => buryCrashed(store.db, (await registered()).nodeId);

    test("ends once it has missed a renewal, long before its time", async () => {
      const { nodeId, beat } = await registeredBehind(noSuchProcess);
      await store.database.moveClock(1_249);
      expect(await buriedBy()).not.toContain(nodeId);
      await store.database.moveClock(2);
      expect(await buriedBy()).toContain(nodeId);
      expect(await renew(store, nodeId, beat, randomUUID(), ttlMs)).toBeNull();
    });

    test("goes on when it has renewed over a new connection", async () => {
      const { nodeId, beat } = await registeredBehind(noSuchProcess);
      await store.database.moveClock(1_000);
      expect(await renew(store, nodeId, beat, randomUUID(), ttlMs)).not.toBeNull();
      await store.database.moveClock(1_200);
      expect(await buriedBy()).not.toContain(nodeId);
    });

    test("goes on to its end when its connection is still there, or nothing is known of it, or it is one's own", async () => {
      const [backend] = await store.rows<{ pid: number }>("select pid from pg_stat_activity where backend_type = 'client backend' limit 1");
      const connected = await registeredBehind(backend?.pid ?? null);
      const older = await registeredBehind(null);
      const own = await registeredBehind(noSuchProcess);
      await store.database.moveClock(3_999);
      const buried = await buryCrashed(store.db, own.nodeId);
      for (const { nodeId } of [connected, older, own]) expect(buried).not.toContain(nodeId);
    });
  });

  test("of a live node is never ended by another", async () => {
    const { nodeId } = await registered();
    await store.database.moveClock(ttlMs - 1);
    expect(await buryExpired(store.db)).not.toContain(nodeId);
  });

  describe("of a node whose work is cut off", () => {
    const hasGivenUp = async (nodeId: number): Promise<boolean> => {
      const [row] = await store.rows<{ ended: boolean }>(
        "select lease_until <= punctual.clock() and buried_at is not null as ended from punctual.nodes where node_id = $1",
        [nodeId],
      );
      return row?.ended ?? false;
    };
    const others: [string, string, boolean][] = [
      ["is given up to one that has just told that it is well", "silent_ms = 249", true],
      ["is given up to one that is a quarter of a second late to tell", "lease_until = lease_until - interval '1.249 s'", true],
      ["is kept when the other is cut off, too", "silent_ms = 250", false],
      ["is kept when the other is about to leave", "draining = true", false],
      [
        "is kept when the other has not renewed since it may have been cut off, too",
        "lease_until = lease_until - interval '1.25 s'",
        false,
      ],
      ["is kept when the other's is shorter and has ended", "ttl_ms = 1, lease_until = punctual.clock()", false],
    ];
    test.each(others)("%s", async (_promise, other, isGivenUp) => {
      await store.rows("update punctual.nodes set lease_until = least(lease_until, punctual.clock())");
      const [{ nodeId }, { nodeId: otherId }] = [await registered(), await registered()];
      await store.rows(`update punctual.nodes set ${other} where node_id = $1`, [otherId]);
      expect(await giveUpLease(store.db, nodeId, ttlMs)).toBe(isGivenUp);
      expect(await hasGivenUp(nodeId)).toBe(isGivenUp);
    });

    test("is kept by a node that is alone, and ended only once", async () => {
      await store.rows("update punctual.nodes set lease_until = least(lease_until, punctual.clock())");
      const { nodeId } = await registered();
      expect(await giveUpLease(store.db, nodeId, ttlMs)).toBe(false);
      await registered();
      expect([await giveUpLease(store.db, nodeId, ttlMs), await giveUpLease(store.db, nodeId, ttlMs)]).toEqual([true, false]);
    });
  });

  test("shows others that the node is draining, while it keeps it", async () => {
    const { nodeId } = await registered();
    await markDraining(store.db, nodeId);
    expect((await liveNodes(store.db)).find((node) => node.nodeId === nodeId)).toMatchObject({ name: "n", version: "1", draining: true });
  });

  test("is forgotten an hour after its end, but not while runs name the node", async () => {
    const [{ nodeId: idle }, { nodeId: holder }] = [await registered(), await registered()];
    await fireOne(store, holder, await store.addJob());
    for (const nodeId of [idle, holder]) await buryItself(store.db, nodeId);
    await forgetNodes(store.db);
    const known = async () =>
      (await store.rows<{ node_id: string }>("select node_id from punctual.nodes")).map((row) => Number(row.node_id));
    expect(await known()).toEqual(expect.arrayContaining([idle, holder]));
    await store.database.moveClock(hourMs + 1);
    await forgetNodes(store.db);
    expect(await known()).toContain(holder);
    expect(await known()).not.toContain(idle);
  });
});

describe("a shard", () => {
  const rowOf = async (shard: number) => at(await readShards(store.db), shard);

  test("is taken by one of two nodes that want it at once", async () => {
    const nodes = [await registered(), await registered()];
    const wanted = (await readShards(store.db)).slice(0, 50);
    const taken = await Promise.all(nodes.map(({ nodeId }) => takeShards(store.db, nodeId, wanted)));
    const shards = taken.flat().map((row) => row.shard);
    expect(shards).toHaveLength(50);
    expect(new Set(shards).size).toBe(50);
    for (const row of taken.flat()) expect(await rowOf(row.shard)).toMatchObject({ owner: row.owner, epoch: row.epoch });
  });

  test("stays with an owner whose lease lasts, and is free when it has ended", async () => {
    const owner = await registered();
    await takeShards(store.db, owner.nodeId, [await rowOf(60)]);
    const wisher = await store.addNode();
    expect(await takeShards(store.db, wisher, [await rowOf(60)])).toEqual([]);
    await store.database.moveClock(ttlMs);
    expect(await rowOf(60)).toMatchObject({ owner: null });
    expect(await takeShards(store.db, wisher, [await rowOf(60)])).toMatchObject([{ shard: 60, owner: wisher }]);
  });

  test("is not taken with the knowledge of an earlier epoch", async () => {
    const { nodeId } = await registered();
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
    const { nodeId } = await registered();
    await takeShards(store.db, nodeId, [await rowOf(63)]);
    expect(await takeShards(store.db, nodeId, [await rowOf(63)])).toMatchObject([{ shard: 63, owner: nodeId }]);
  });

  test("is given back only by whoever holds it in that epoch", async () => {
    const { nodeId } = await registered();
    const [held] = await takeShards(store.db, nodeId, [await rowOf(64)]);
    if (!held) throw new Error("expected the shard to be free");
    await releaseShards(store.db, await store.addNode(), [held]);
    await releaseShards(store.db, nodeId, [{ ...held, epoch: held.epoch - 1 }]);
    expect(await rowOf(64)).toMatchObject({ owner: nodeId, epoch: held.epoch });
    await releaseShards(store.db, nodeId, [held]);
    expect(await rowOf(64)).toMatchObject({ owner: null, epoch: held.epoch + 1 });
  });

  test("hands its watermark to the next owner, and no owner of an earlier epoch or lower mark moves it back", async () => {
    const { nodeId } = await registered();
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

test("a duty is one node's at a time, until it lets its lease run out", async () => {
  expect(await holdDuty(store.db, "sweep", 1, ttlMs)).toBe(true);
  expect(await holdDuty(store.db, "sweep", 2, ttlMs)).toBe(false);
  expect(await holdDuty(store.db, "dust", 2, ttlMs)).toBe(true);
  await store.database.moveClock(ttlMs - 1);
  expect(await holdDuty(store.db, "sweep", 1, ttlMs)).toBe(true);
  await store.database.moveClock(ttlMs - 1);
  expect(await holdDuty(store.db, "sweep", 2, ttlMs)).toBe(false);
  await store.database.moveClock(1);
  expect(await holdDuty(store.db, "sweep", 2, ttlMs)).toBe(true);
  expect(await holdDuty(store.db, "sweep", 1, ttlMs)).toBe(false);
});
