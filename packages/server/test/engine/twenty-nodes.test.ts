import { createTestDatabase, eventually, type TestDatabase } from "@punctual/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { join, type Membership } from "../../src/engine/membership.ts";
import { createNodeClock } from "../../src/engine/node-clock.ts";
import { createReach } from "../../src/engine/reach.ts";
import { type ShardKeeper, startShardKeeper } from "../../src/engine/shard-keeper.ts";
import { shardCount } from "../../src/model/ids.ts";
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
  const query = async (asked: string | { text: string }, ...rest: unknown[]): Promise<unknown> => {
    const send = db.query as unknown as (...args: unknown[]) => Promise<unknown>;
    const text = typeof asked === "string" ? asked : asked.text;
    sent.push(text);
    const answer = await send.call(db, asked, ...rest);
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
    members.push({
      membership,
      keeper: startShardKeeper({ ...shared, db, membership: () => membership, onTaken: () => {}, onNodes: () => {} }),
    });
  }
}

type Row = { owner: number | null; epoch: number };
const rowsNow = async (): Promise<Row[]> =>
  (await database.pool.query<Row>("select owner::float8, epoch::float8 from punctual.shards order by shard")).rows;

/** Resolves when every shard has an owner that is to keep it. */
async function settled(): Promise<Row[]> {
  const nodeIds = members.map(({ membership }) => membership.nodeId());
  return eventually(
    async () => {
      const rows = await rowsNow();
      const owners = rows.map(({ owner }) => owner);
      expect(owners).toEqual(assignShards(nodeIds, owners));
      return rows;
    },
    { timeoutMs: 20_000 },
  );
}

const shardsOf = (rows: readonly Row[], { membership }: Member): number => rows.filter(({ owner }) => owner === membership.nodeId()).length;
const sentWith = (piece: string): number => sent.filter((text) => text.includes(piece)).length;

/** Whose shards have moved, after seeing that none has moved twice and that all are even. */
function movesFrom(before: readonly Row[], after: readonly Row[]): (number | null)[] {
  const counts = members.map((member) => shardsOf(after, member));
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  return before.flatMap(({ owner, epoch }, shard) => {
    const now = after[shard];
    const isMoved = owner !== now?.owner;
    // Given back and taken.
    expect((now?.epoch ?? 0) - epoch).toBe(isMoved ? 2 : 0);
    return isMoved ? [owner] : [];
  });
}

test("nothing thunders when one of twenty nodes leaves: its shards alone move, each once, in few statements, and all have as many", async () => {
  await addMembers(20);
  const before = await settled();
  sent = [];
  const [leaving] = members.splice(7, 1) as [Member];
  const left = leaving.membership.nodeId();
  await leaving.membership.drain();
  await leaving.keeper.stop();
  await leaving.membership.leave();
  const moved = movesFrom(before, await settled());

  expect(moved).toEqual(before.flatMap(({ owner }) => (owner === left ? [left] : [])));
  expect(sentWith("set owner = $1")).toBeLessThanOrEqual(moved.length);
  expect(sentWith("set owner = null")).toBe(1);
  expect(sentWith("pg_notify")).toBe(1);
});

test("a node that joins twenty gets its share, at most one from each, and nothing else moves", async () => {
  await addMembers(20);
  const before = await settled();
  await addMembers(1);
  const after = await settled();
  const moved = movesFrom(before, after);

  expect(moved).toHaveLength(Math.floor(shardCount / 21));
  expect(new Set(moved).size).toBe(moved.length);
  expect(shardsOf(after, members.at(-1) as Member)).toBe(moved.length);
});
