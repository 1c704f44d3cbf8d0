import { eventually } from "@punctual/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fire } from "../../src/store/firing.ts";
import { releaseHeld } from "../../src/store/overlap.ts";
import { type AddedJob, createStore, liveRun, minuteMs, moveOf, runOf, type Store, startMs } from "./fixture.ts";

let store: Store;
let node: number;
beforeAll(async () => {
  store = await createStore();
  node = await store.addNode();
});
afterAll(() => store.database.drop());

/** A run of the job that is held for overlap. */
async function heldRun(): Promise<{ job: AddedJob; runId: string }> {
  const job = await store.addJob();
  const run = runOf(job, { state: "waiting", held: "overlap" });
  await fire(store.db, node, [moveOf(job)], [run]);
  return { job, runId: run.runId };
}

test("a held run is released beside its job's backfill, which has a concurrency of its own", async () => {
  const { job, runId } = await heldRun();
  await store.rows(
    `insert into punctual.live_runs (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt)
     values ($1, gen_random_uuid(), $2, 1, 1, 'ready', 'backfill', 0, 1, punctual.at($3), punctual.clock(), 0)`,
    [job.shard, job.jobId, startMs - 60 * minuteMs],
  );
  expect(await releaseHeld(store.db, [job])).toBe(1);
  expect(await liveRun(store, runId)).toMatchObject({ state: "ready" });
});

test("a held run that two release at once, and somebody claims in between, is not made ready a second time", async () => {
  const { job, runId } = await heldRun();
  const quicker = await store.db.connect();
  await quicker.query("begin");
  expect(await releaseHeld(quicker, [job])).toBe(1);
  await quicker.query("update punctual.live_runs set state = 'running', holder = $2, attempt = 1 where run_id = $1", [runId, node]);
  const slower = releaseHeld(store.db, [job]);
  await eventually(async () => {
    const [row] = await store.rows<{ waiting: number }>(
      "select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return row?.waiting === 1;
  });
  await quicker.query("commit");
  quicker.release();
  expect(await slower).toBe(0);
  expect(await liveRun(store, runId)).toMatchObject({ state: "running", holder: String(node) });
});
