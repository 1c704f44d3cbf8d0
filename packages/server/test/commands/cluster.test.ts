import { afterAll, beforeAll, expect, test } from "vitest";
import { holdDuty } from "../../src/store/leases.ts";
import { registerNode } from "../../src/store/nodes.ts";
import { takeShards } from "../../src/store/shards.ts";
import { minuteMs, startMs } from "../store/fixture.ts";
import { type Office, openOffice } from "./fixture.ts";

let office: Office;
beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office.database.drop());

test("the cluster is shown as the database sees it: who lives, who owns what, and what has no owner any more", async () => {
  const node = (name: string) => ({ name, version: "1.2.3", beat: crypto.randomUUID(), slots: 50 });
  const { nodeId: dead } = await registerNode(office.db, node("dead"), 1_000);
  await takeShards(office.db, dead, [{ shard: 9, epoch: 0 }]);
  const { nodeId } = await registerNode(office.db, node("here"), minuteMs);
  await takeShards(office.db, nodeId, [{ shard: 7, epoch: 0 }]);
  await holdDuty(office.db, "housekeeping", nodeId, 5_000);
  await holdDuty(office.db, "left", dead, 1_000);
  await office.database.moveClock(1_500);
  const { body } = await office.ask("getCluster", {});
  expect(body.nowAt).toBe(new Date(startMs + 1_500).toISOString());
  expect(body.nodes).toMatchObject([
    { nodeId, name: "here", version: "1.2.3", draining: false, leaseLeftMs: minuteMs - 1_500, renewedAgoMs: 1_500, slots: 50, shards: 1 },
  ]);
  expect(body.shards).toHaveLength(256);
  expect(body.shards.filter(({ owner }) => owner !== null)).toEqual([{ shard: 7, owner: nodeId, epoch: 1 }]);
  expect(body.duties).toEqual([
    { duty: "housekeeping", holder: nodeId, leaseLeftMs: 3_500 },
    { duty: "left", holder: null, leaseLeftMs: 0 },
  ]);
});
