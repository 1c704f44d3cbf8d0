import { randomUUID } from "node:crypto";
import { eventually } from "@punctual/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { occurrenceRunId } from "../../src/model/ids.ts";
import { advanceBackfill, insertBackfill, moveBackfill, readRunningBackfills } from "../../src/store/backfills.ts";
import type { Queryable } from "../../src/store/database.ts";
import { type AddedJob, createStore, hourMs, minuteMs, placement, type Store, startMs } from "./fixture.ts";

const fromMs = startMs - hourMs;
const toMs = fromMs + 10 * minuteMs;
let store: Store;
beforeAll(async () => {
  store = await createStore();
});
afterAll(() => store.database.drop());

type Begun = { job: AddedJob; shard: number; backfill_id: string; next_ms: number };

/** A backfill of the first ten minutes of the hour before now. */
async function begun(concurrency = 2): Promise<Begun> {
  const job = await store.addJob();
  const backfillId = occurrenceRunId(job.jobId, 1);
  const more = { revision: 1, concurrency, priority: 0, total: 10, createdBy: randomUUID() };
  await insertBackfill(store.db, store.tenantId, { backfillId, jobId: job.jobId, fromMs, toMs, ...more });
  return { job, shard: job.shard, backfill_id: backfillId, next_ms: fromMs };
}

const pageOf = ({ job }: Begun, minutes: readonly number[]) => ({
  occurrences: minutes.map((minute) => ({
    runId: occurrenceRunId(job.jobId, fromMs + minute * minuteMs),
    nominalMs: fromMs + minute * minuteMs,
  })),
  nextMs: toMs,
});
const advance = (backfill: Begun, minutes: readonly number[], db: Queryable = store.db) =>
  advanceBackfill(db, backfill, pageOf(backfill, minutes), placement);

/** A live run of the job with its occurrence's id. */
async function addLive({ job, shard }: Begun, kind: "scheduled" | "backfill", minute: number): Promise<void> {
  const nominalMs = fromMs + minute * minuteMs;
  await store.rows(
    `insert into punctual.live_runs (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt)
     values ($1, $2, $3, 1, 1, 'ready', $4, 0, 1, punctual.at($5), punctual.clock(), 0)`,
    [shard, occurrenceRunId(job.jobId, nominalMs), job.jobId, kind, nominalMs],
  );
}
const liveOf = async ({ shard, backfill_id: id }: Begun) =>
  (await readRunningBackfills(store.db, [shard])).find((row) => row.backfill_id === id)?.live;
const waitingForLocks = () =>
  eventually(async () => {
    const [row] = await store.rows<{ waiting: number }>(
      "select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return row?.waiting === 1;
  });

describe("a backfill", () => {
  test("has room for as many as its concurrency beside its own live runs: not the job's other ones, nor an earlier backfill's", async () => {
    const backfill = await begun();
    await addLive(backfill, "scheduled", 9);
    await addLive(backfill, "backfill", -1);
    await addLive(backfill, "backfill", 10);
    expect(await liveOf(backfill)).toBe(0);
    expect(await advance(backfill, [0, 1, 2])).toEqual({ state: "running", made: 2 });
    expect(await liveOf(backfill)).toBe(2);
  });

  test("passes an occurrence over that is live, which takes nothing of its room", async () => {
    const backfill = await begun(1);
    await addLive(backfill, "scheduled", 0);
    expect(await advance(backfill, [0, 1])).toEqual({ state: "running", made: 1 });
    const [row] = await store.rows("select started, passed_over from punctual.backfills where backfill_id = $1", [backfill.backfill_id]);
    expect(row).toEqual({ started: 1, passed_over: 1 });
  });

  test("that is paused is not found, and whoever had found it before makes nothing of it", async () => {
    const backfill = await begun();
    await moveBackfill(store.db, store.tenantId, backfill.backfill_id, ["running"], "paused");
    expect(await liveOf(backfill)).toBeUndefined();
    expect(await advance(backfill, [0])).toBeNull();
  });

  test("is not done while one of its runs is live", async () => {
    const backfill = await begun();
    await advance(backfill, [0]);
    const rest = { ...backfill, next_ms: toMs };
    expect(await advance(rest, [])).toEqual({ state: "running", made: 0 });
    await store.rows("delete from punctual.live_runs where job_id = $1", [backfill.job.jobId]);
    expect(await advance(rest, [])).toEqual({ state: "done", made: 0 });
  });

  test("that two owners take on at once goes on once", async () => {
    const backfill = await begun();
    const quicker = await store.db.connect();
    await quicker.query("begin");
    expect(await advance(backfill, [0, 1], quicker)).toMatchObject({ made: 2 });
    const slower = advance(backfill, [0, 1]);
    await waitingForLocks();
    await quicker.query("commit");
    quicker.release();
    expect(await slower).toBeNull();
    const [row] = await store.rows("select started, passed_over from punctual.backfills where backfill_id = $1", [backfill.backfill_id]);
    expect(row).toEqual({ started: 2, passed_over: 0 });
  });

  test("lets no run be born of a job that is being deleted: the deletion waits for it, and finds it", async () => {
    const backfill = await begun();
    const advancing = await store.db.connect();
    await advancing.query("begin");
    await advance(backfill, [0], advancing);
    const deletion = store.rows("delete from punctual.jobs where job_id = $1", [backfill.job.jobId]);
    await waitingForLocks();
    await advancing.query("commit");
    advancing.release();
    await deletion;
    expect(await advance({ ...backfill, next_ms: toMs }, [])).toMatchObject({ state: "cancelled" });
  });
});
