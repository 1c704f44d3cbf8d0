import { randomUUID } from "node:crypto";
import { createTestDatabase, eventually, startReceiver, type TestDatabase } from "@punctual/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { join, type Membership } from "../../src/engine/membership.ts";
import { createNodeClock } from "../../src/engine/node-clock.ts";
import { createReach } from "../../src/engine/reach.ts";
import { type ShardKeeper, startShardKeeper } from "../../src/engine/shard-keeper.ts";
import type { Database } from "../../src/store/database.ts";
import { registerNode } from "../../src/store/nodes.ts";
import { startCluster } from "./cluster.ts";

/** What a node does not look at while nothing happens must be noticed all the same, with nobody to tell of it. */
let database: TestDatabase;
let sent: string[];
let stops: (() => Promise<void>)[];
beforeEach(async () => {
  database = await createTestDatabase();
  [sent, stops] = [[], []];
});
afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
  await database.drop();
});

/** The same database, with the names of what is sent to it written down. */
function overheard(db: Database): Database {
  const send = db.query.bind(db) as unknown as (...args: unknown[]) => Promise<unknown>;
  const query = (asked: string | { name?: string }, ...rest: unknown[]): Promise<unknown> => {
    if (typeof asked === "object" && asked.name !== undefined) sent.push(asked.name);
    return send(asked, ...rest);
  };
  return Object.assign(Object.create(db) as Database, { query });
}

async function joined(ttlMs: number): Promise<Membership> {
  const shared = { db: overheard(database.pool), clock: createNodeClock(), reach: createReach(database.pool), emit: () => {} };
  const deaf = { load: () => ({ running: 0 }), onBuried: () => {}, onLost: () => {} };
  const membership = await join({ ...shared, ...deaf, name: "quiet", version: "0", slots: 1, ttlMs });
  stops.push(() => membership.leave());
  return membership;
}

const times = (name: string): number => sent.filter((each) => each === name).length;

test("a node that is alone looks for nobody to bury, and buries one that has come and gone without a word", async () => {
  await joined(2_000);
  await eventually(() => times("renew_node") >= 8, { timeoutMs: 20_000 });
  expect([times("bury_expired"), times("bury_crashed")]).toEqual([0, 0]);
  const { nodeId } = await registerNode(database.pool, { name: "brief", version: "0", beat: randomUUID(), slots: 1 }, 1);
  const isBuried = async (): Promise<boolean> =>
    (await database.pool.query("select from punctual.nodes where node_id = $1 and buried_at is not null", [nodeId])).rowCount === 1;
  await eventually(isBuried, { timeoutMs: 20_000 });
});

test("a node reads its shards rarely while all is as it should be, and takes back at its next reading what it lost unheard", async () => {
  const membership = await joined(60_000);
  const taken: number[] = [];
  const keeper: ShardKeeper = startShardKeeper({
    ...{
      db: overheard(database.pool),
      membership: () => membership,
      reach: createReach(database.pool),
      onTaken: () => {},
      onNodes: () => {},
    },
    emit: (event) => void (event.type === "shards_changed" && taken.push(event.taken)),
  });
  stops.push(() => keeper.stop());
  await eventually(() => taken.length > 0, { timeoutMs: 20_000 });
  const looksBefore = times("live_nodes");
  await eventually(() => times("live_nodes") >= looksBefore + 4, { timeoutMs: 20_000 });
  expect(times("shards")).toBeLessThan(times("live_nodes"));
  await database.pool.query("update punctual.shards set owner = null, epoch = epoch + 1 where shard = 5");
  await eventually(() => taken.at(-1) === 1, { timeoutMs: 20_000 });
  expect(keeper.owned()).toHaveLength(256);
});

test("a job that was created unheard is fired, though nothing was to become due for a day", async () => {
  const cluster = await startCluster();
  const receiver = await startReceiver();
  stops.push(
    () => receiver.stop(),
    () => cluster.stop(),
  );
  const node = await cluster.start();
  await cluster.settled(node);
  const target = { type: "http" as const, url: receiver.url };
  const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
  for (let job = 0; job < 8; job++) await cluster.createJob({ runAt: at(86_400_000), target });
  const renewals = (): number => node.events.filter(({ type }) => type === "lease_renewed").length;
  const before = renewals();
  await eventually(() => renewals() >= before + 3, { timeoutMs: 20_000 });
  for (let job = 0; job < 8; job++) await cluster.createJob({ runAt: at(-1_000), target });
  expect(await receiver.waitFor(8)).toHaveLength(8);
});
