import { afterAll, beforeAll, expect, test } from "vitest";
import { occurrenceRunId } from "../../src/model/ids.ts";
import { claimNewest } from "../../src/store/dispatching.ts";
import { createStore, minuteMs, type Store, startMs } from "./fixture.ts";

let store: Store;
let node: number;
beforeAll(async () => {
  store = await createStore();
  node = await store.addNode();
});
afterAll(() => store.database.drop());

type Row = { minutesAgo: number; state?: "ready" | "waiting"; priority?: number; origin?: number; queue?: number };

test("of the newest live runs of a shard, the ready ones are claimed by priority, then from the newest; no older one is looked at", async () => {
  const { shard, jobId } = await store.addJob();
  const rows: Row[] = [
    { minutesAgo: 0, state: "waiting" },
    { minutesAgo: 1, priority: -1 },
    { minutesAgo: 2, queue: 7 },
    { minutesAgo: 3, origin: 9 },
    { minutesAgo: 4 },
    { minutesAgo: 5 },
    { minutesAgo: 6, priority: 6 },
    { minutesAgo: 7 },
    { minutesAgo: 8, priority: 9 },
  ];
  for (const { minutesAgo, state = "ready", priority = 4, origin = 1, queue = null } of rows) {
    const nominalMs = startMs - minutesAgo * minuteMs;
    await store.rows(
      `insert into punctual.live_runs (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt, queue)
       values ($1, $2, $3, $4, 1, $5, 'scheduled', $6, $7, punctual.at($8), punctual.clock(), 0, $9)`,
      [shard, occurrenceRunId(jobId, nominalMs), jobId, store.tenantId, state, priority, origin, nominalMs, queue],
    );
  }
  const claim = async (total: number) =>
    (await claimNewest(store.db, node, [shard], { perShard: 8, total }, [9]))
      .map((run) => (startMs - run.nominal_ms) / minuteMs)
      .sort((a, b) => a - b);
  expect(await claim(2)).toEqual([4, 6]);
  // Those that run now are among the eight: the one of priority 9 is the ninth.
  expect(await claim(10)).toEqual([5, 7]);
  expect(await claim(10)).toEqual([]);
});
