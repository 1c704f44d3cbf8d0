import { expect, test } from "vitest";
import { readOrphans } from "../../src/store/dispatching.ts";
import { moveHeldSince, readHeldAmong, readLongHeld } from "../../src/store/held.ts";
import { buryItself, forgetNodes } from "../../src/store/nodes.ts";
import { createStore, fireOne, hourMs, minuteMs, type Store, startMs } from "./fixture.ts";

/** A node that holds a run of a job. */
async function holding(run: (store: Store, held: { holder: number; shard: number; runId: string }) => Promise<void>): Promise<void> {
  const store = await createStore();
  try {
    const holder = await store.addNode();
    const job = await store.addJob();
    await run(store, { holder, shard: job.shard, runId: await fireOne(store, holder, job) });
  } finally {
    await store.database.drop();
  }
}

test("a node can list what it has held for long, to find what it holds without knowing", () =>
  holding(async ({ db, database }, { holder, shard, runId }) => {
    expect(await readLongHeld(db, holder, [shard], 15_000)).toEqual({ nowMs: startMs, held: [] });
    await database.moveClock(minuteMs);
    const { held } = await readLongHeld(db, holder, [shard], 15_000);
    expect(held).toEqual([{ shard, run_id: runId, attempt: 1, held_ms: startMs }]);
    expect((await readLongHeld(db, holder + 1, [shard], 15_000)).held).toEqual([]);
  }));

test("a node that has noted since when it holds its oldest run finds that run again, and so does whoever rescues it", () =>
  holding(async ({ db, database }, { holder, shard, runId }) => {
    await database.moveClock(hourMs);
    await moveHeldSince(db, holder, startMs);
    expect((await readLongHeld(db, holder, [shard], 15_000)).held).toHaveLength(1);
    await buryItself(db, holder);
    expect((await readOrphans(db, [shard], 10)).map((run) => run.run_id)).toEqual([runId]);
  }));

test("what lies before the time that a node has noted is not looked at: it holds nothing there", () =>
  holding(async ({ db, database }, { holder, shard }) => {
    await database.moveClock(hourMs);
    await moveHeldSince(db, holder, startMs + 1);
    expect((await readLongHeld(db, holder, [shard], 15_000)).held).toEqual([]);
  }));

test("a run taken after the database's clock was set back is rescued, although its node noted a later time before", () =>
  holding(async ({ db }, { holder, shard, runId }) => {
    await moveHeldSince(db, holder, startMs + hourMs);
    await buryItself(db, holder);
    expect((await readOrphans(db, [shard], 10)).map((run) => run.run_id)).toEqual([runId]);
  }));

test("a buried node is forgotten after an hour, and not before its last run is rescued", () =>
  holding(async ({ db, database, rows }, { holder, runId }) => {
    await buryItself(db, holder);
    expect(await forgetNodes(db)).toBe(0);
    await database.moveClock(hourMs + minuteMs);
    expect(await forgetNodes(db)).toBe(0);
    await rows("delete from punctual.live_runs where run_id = $1", [runId]);
    expect(await forgetNodes(db)).toBe(1);
  }));

test("of runs whose fire was never answered, those are told that this node holds", () =>
  holding(async ({ db }, { holder, shard, runId }) => {
    const suspected = [
      { shard, runId },
      { shard, runId: runId.replace(/^./u, "f") },
    ];
    expect(await readHeldAmong(db, holder, suspected)).toEqual([{ shard, run_id: runId, attempt: 1, held_ms: startMs }]);
    expect(await readHeldAmong(db, holder + 1, suspected)).toEqual([]);
  }));
