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
import { createStore, fireOne, hourMs, renew, type Store, startMs } from "./fixture.ts";

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
