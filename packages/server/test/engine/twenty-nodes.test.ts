import { createTestDatabase, eventually, type TestDatabase } from "@punctual/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { join, type Membership } from "../../src/engine/membership.ts";
import { createNodeClock } from "../../src/engine/node-clock.ts";
import { createReach } from "../../src/engine/reach.ts";
import { type ShardKeeper, startShardKeeper } from "../../src/engine/shard-keeper.ts";
import { assignShards } from "../../src/model/shard-assignment.ts";
import type { Database } from "../../src/store/database.ts";

type Member = { membership: Membership; keeper: ShardKeeper };

let database: TestDatabase;
let members: Member[];
/** The texts of what keepers have sent. */
let sent: string[];
beforeEach(async () => {
  database = await createTestDatabase();
  [members, sent] = [[], []];
});
afterEach(async () => {
  for (const { keeper } of members) await keeper.stop();
  for (const { membership } of members) await membership.leave();
  await database.drop();
});

/** Tells every keeper what a node notifies of, as the wake line does. */
function heard(db: Database): Database {
  const query = async (text: string, ...rest: unknown[]): Promise<unknown> => {
    const send = db.query as unknown as (text: string, ...rest: unknown[]) => Promise<unknown>;
    sent.push(text);
    const answer = await send.call(db, text, ...rest);
    if (text.includes("pg_notify")) for (const { keeper } of members) keeper.wake();
    return answer;
  };
  return Object.assign(Object.create(db) as Database, { query });
}

async function addMembers(count: number): Promise<void> {
  const db = heard(database.pool);
  const shared = { reach: createReach(db), emit: () => {} };
  const joined = Array.from({ length: count }, () =>
    join({
      ...{ ...shared, db: database.pool, clock: createNodeClock(), name: "m", version: "0", slots: 1, ttlMs: 60_000 },
      load: () => ({ running: 0 }),
      onBuried: () => {},
      onLost: () => {},
    }),
  );
  for (const membership of await Promise.all(joined)) {
    members.push({ membership, keeper: startShardKeeper({ ...shared, db, membership: () => membership, onTaken: () => {} }) });
  }
}

type Row = { owner: number | null; epoch: number };
const rowsNow = async (): Promise<Row[]> =>
  (await database.pool.query<Row>("select owner::float8, epoch::float8 from punctual.shards order by shard")).rows;

/** Resolves when every shard is with the node that is to own it. */
async function settled(): Promise<Row[]> {
  const wished = assignShards(members.map(({ membership }) => membership.nodeId()));
  await eventually(async () => expect((await rowsNow()).map(({ owner }) => owner)).toEqual(wished), { timeoutMs: 20_000 });
  return rowsNow();
}

const shardsOf = (rows: readonly Row[], { membership }: Member): number => rows.filter(({ owner }) => owner === membership.nodeId()).length;
const sentWith = (piece: string): number => sent.filter((text) => text.includes(piece)).length;

test("nothing thunders when one of twenty nodes leaves: all others get as many of its shards, few others move, each once, in few statements", async () => {
  await addMembers(20);
  const before = await settled();
  sent = [];
  const [leaving] = members.splice(7, 1) as [Member];
  const left = leaving.membership.nodeId();
  await leaving.membership.drain();
  await leaving.keeper.stop();
  await leaving.membership.leave();
  const after = await settled();

  for (const member of members) expect(shardsOf(after, member) - shardsOf(before, member)).toBeOneOf([0, 1, 2]);
  const moved = before.map(({ owner, epoch }, shard) => ({
    from: owner,
    isMoved: owner !== after[shard]?.owner,
    steps: (after[shard]?.epoch ?? 0) - epoch,
  }));
  // Given back and taken.
  for (const { isMoved, steps } of moved) expect(steps).toBe(isMoved ? 2 : 0);
  const moves = moved.filter(({ isMoved }) => isMoved);
  expect(moves.filter(({ from }) => from !== left).length).toBeLessThanOrEqual(24);
  expect(sentWith("set owner = $1")).toBeLessThanOrEqual(moves.length);
  const releases = sentWith("set owner = null");
  expect(releases).toBeLessThanOrEqual(20);
  expect(sentWith("pg_notify")).toBeLessThanOrEqual(releases);
});
