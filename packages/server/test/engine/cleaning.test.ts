import { eventually } from "@punctual/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startCleaning } from "../../src/engine/cleaning-loop.ts";
import type { Loop } from "../../src/engine/loop.ts";
import type { Membership } from "../../src/engine/membership.ts";
import type { Event } from "../../src/telemetry/events.ts";
import { createStore, type Store } from "../store/fixture.ts";

let store: Store;
let loops: Loop[];
let events: Event[];

beforeEach(async () => {
  store = await createStore();
  [loops, events] = [[], []];
});

afterEach(async () => {
  await Promise.all(loops.map((loop) => loop.stop()));
  await store.database.drop();
});

async function startNode(db = store.db): Promise<Loop> {
  const nodeId = await store.addNode();
  const loop = startCleaning({
    ...{ db, cleaningDb: store.database.pool, emit: (event) => void events.push(event) },
    membership: () => ({ nodeId: () => nodeId }) as Membership,
  });
  loops.push(loop);
  return loop;
}

/** Rows that came and went, counted by the server. */
async function leaveDead(rows: number): Promise<void> {
  await store.rows(
    `insert into punctual.cursors (shard, job_id, tenant_id, revision, due_at)
     select 1, gen_random_uuid(), 1, 1, 'infinity' from generate_series(1, $1::int)`,
    [rows],
  );
  await store.rows("delete from punctual.cursors");
  await store.rows("select pg_stat_force_next_flush()");
}

async function cleaned(table: string): Promise<number> {
  const [row] = await store.rows<{ times: number }>(
    "select vacuum_count::int as times from pg_stat_all_tables where relid = ('punctual.' || $1)::regclass",
    [table],
  );
  return row?.times ?? 0;
}

it("dead rows are removed as soon as there are a thousand, and of no table that has fewer", async () => {
  await leaveDead(1_500);
  await startNode();
  await eventually(async () => (await cleaned("cursors")) === 1);
  const [row] = await store.rows<{ dead: number }>("select pg_stat_get_dead_tuples('punctual.cursors'::regclass)::int as dead");
  expect(row?.dead).toBe(0);
  expect(await cleaned("live_runs")).toBe(0);
});

it("one node cleans up for all", async () => {
  await (await startNode()).stop();
  await leaveDead(1_500);
  const asked: string[] = [];
  const query = (asking: string | { text: string }, values?: unknown[]) => {
    asked.push(typeof asking === "string" ? asking : asking.text);
    return store.db.query(asking as string, values);
  };
  // Its first looks, which have ended once it has stopped.
  await (await startNode({ query } as Store["db"])).stop();
  expect(asked).toHaveLength(2);
  for (const statement of asked) expect(statement).toContain("punctual.leases");
  expect(await cleaned("cursors")).toBe(0);
});

it("a node that stops does not wait for the end of its cleaning, and says nothing of it", async () => {
  await leaveDead(1_500);
  const other = await store.database.pool.connect();
  await other.query("begin; lock table punctual.cursors in share update exclusive mode");
  const node = await startNode();
  const isWaiting = "select from pg_stat_activity where query like 'vacuum%' and wait_event_type = 'Lock' and datname = current_database()";
  await eventually(async () => (await store.rows(isWaiting)).length === 1);
  await node.stop();
  expect(events).toEqual([]);
  await other.query("rollback");
  other.release();
});
