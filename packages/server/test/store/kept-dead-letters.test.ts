import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { discardRuns } from "../../src/store/dead-letters.ts";
import type { AttemptResult } from "../../src/store/dispatching.ts";
import { createPartitions } from "../../src/store/partitions.ts";
import { dropExpiredPartitions } from "../../src/store/retention.ts";
import { retryEndedRun } from "../../src/store/retrying.ts";
import { type SweepMark, sweepDefaultPartition } from "../../src/store/sweeping.ts";
import { createStore, fireOne, hourMs, placement, resultOf, type Store, settleOne, startMs } from "./fixture.ts";

const dayMs = 24 * hourMs;
const retention = { retentionDays: 30, deadLetterRetentionDays: 90 };
let store: Store;
let node: number;
beforeEach(async () => {
  store = await createStore();
  await createPartitions(store.db);
  node = await store.addNode(1_000 * dayMs);
});
afterEach(() => store.database.drop());

async function endOne(next: "dead" | "succeeded", atMs = startMs): Promise<string> {
  const runId = await fireOne(store, node, await store.addJob());
  await settleOne(store, resultAt(runId, atMs, { next }));
  return runId;
}
/** A result whose attempt was made then. */
function resultAt(runId: string, atMs: number, change: Partial<AttemptResult> = {}): AttemptResult {
  const result = resultOf(runId, node, change);
  return { ...result, evidence: result.evidence && { ...result.evidence, startedMs: atMs } };
}
const drop = () => dropExpiredPartitions(store.db, retention);
const after = (days: number) => store.database.freezeClock(startMs + days * dayMs);
/** Where each run, or each run with an attempt, lies; twice if it is there twice. */
const places = (table: string) =>
  store.rows<{ run_id: string; place: string }>(
    `select run_id, tableoid::regclass::text as place from punctual.${table} order by run_id, place`,
  );
const runsIn = async (table: string) => (await places(table)).map((row) => row.run_id);
async function sweepAll(): Promise<number> {
  let total = 0;
  for (const table of ["finished_runs", "attempts"] as const) {
    let mark: SweepMark = null;
    do {
      const swept = await sweepDefaultPartition(store.db, table, retention, mark);
      total += swept.deleted;
      mark = swept.mark;
    } while (mark !== null);
  }
  return total;
}

describe("when its day is dropped, a dead letter", () => {
  test("and its attempts stay, once, while runs that were dealt with or succeeded go", async () => {
    const open = await endOne("dead");
    const discarded = await endOne("dead");
    await endOne("succeeded");
    await discardRuns(store.db, store.tenantId, [discarded], { why: "discarded", by: "test" });
    await after(31);
    expect(await drop()).toEqual({ dropped: ["attempts_20270301", "finished_runs_20270301"], kept: 2 });
    expect(await places("finished_runs")).toEqual([{ run_id: open, place: "finished_runs_default" }]);
    expect(await places("attempts")).toEqual([{ run_id: open, place: "attempts_default" }]);
    expect(await drop()).toEqual({ dropped: [], kept: 0 });
  });

  test("of which there are many is left in a partition of its day, until its own retention is over", async () => {
    const open = await endOne("dead");
    await store.rows(
      `insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, started_at, finished_at)
       select 0, gen_random_uuid(), gen_random_uuid(), $1, 1, 'dead', 'scheduled', punctual.clock(), 1, punctual.clock(), punctual.clock() from generate_series(1, 2000)`,
      [store.tenantId],
    );
    await after(32);
    expect((await drop()).kept).toBe(2_001 + 1);
    const held = await places("finished_runs");
    expect(held).toHaveLength(2_001);
    expect(new Set(held.map((row) => row.place))).toEqual(new Set(["finished_runs_20270301_kept"]));
    expect(await retryEndedRun(store.db, store.tenantId, open, placement)).toBe(true);
    await after(89);
    expect((await drop()).dropped).not.toContain("finished_runs_20270301_kept");
    await after(91);
    expect((await drop()).dropped).toContain("finished_runs_20270301_kept");
    expect(await runsIn("finished_runs")).toEqual([]);
  });

  test("that is live again, as it was replayed, keeps the attempts it had", async () => {
    const runId = await endOne("dead");
    expect(await retryEndedRun(store.db, store.tenantId, runId, placement)).toBe(true);
    await after(32);
    await drop();
    expect(await runsIn("attempts")).toEqual([runId]);
  });

  test("is kept with what was tried on days before the one it died on", async () => {
    const runId = await fireOne(store, node, await store.addJob());
    await settleOne(store, resultOf(runId, node, { next: "waiting", delayMs: dayMs }));
    await store.database.freezeClock(startMs + dayMs);
    await store.rows("update punctual.live_runs set state = 'running', holder = $1, attempt = 2", [node]);
    await settleOne(store, resultAt(runId, startMs + dayMs, { next: "dead", attempt: 2 }));
    // The first attempt's day is over its retention; the day it died on is not.
    await store.database.freezeClock("2027-04-01T00:00:00Z");
    expect(await drop()).toEqual({ dropped: ["attempts_20270301", "finished_runs_20270301"], kept: 1 });
    expect(await runsIn("attempts")).toEqual([runId, runId]);
  });
});

test("writers and people go on while days are dropped: nothing is missing, and what was dealt with meanwhile stays dealt with", async () => {
  const dead = [await endOne("dead"), await endOne("dead"), await endOne("dead")];
  const jobs = await store.addJobs(60);
  await after(31);
  await createPartitions(store.db);
  const written: string[] = [];
  const dropping: ReturnType<typeof drop>[] = [];
  const replayed: string[] = [];
  const writer = async (): Promise<void> => {
    for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) {
      const runId = await fireOne(store, node, job);
      await settleOne(store, resultAt(runId, startMs + 31 * dayMs));
      written.push(runId);
      if (written.length === 10) dropping.push(drop());
      const letter = written.length > 10 ? dead.pop() : undefined;
      if (letter !== undefined && (await retryEndedRun(store.db, store.tenantId, letter, placement))) replayed.push(letter);
    }
  };
  await Promise.all([writer(), writer(), writer()]);
  expect((await Promise.all(dropping))[0]?.dropped).toEqual(["attempts_20270301", "finished_runs_20270301"]);
  expect((await runsIn("finished_runs")).sort()).toEqual([...written].sort());
  expect(replayed).toHaveLength(3);
  expect((await runsIn("live_runs")).sort()).toEqual([...replayed].sort());
  const tried = await store.rows<{ run_id: string }>("select run_id from punctual.all_attempts order by run_id");
  expect(tried.map((row) => row.run_id)).toEqual([...written, ...replayed].sort());
});

test("a day whose partition somebody holds is left for the next time, and nothing is lost", async () => {
  const open = await endOne("dead");
  await after(32);
  const other = await store.db.connect();
  await other.query("begin");
  await other.query("select run_id from punctual.finished_runs");
  await expect(drop()).rejects.toMatchObject({ code: "55P03" });
  expect(await runsIn("finished_runs")).toEqual([open]);
  await other.query("commit");
  other.release();
  await drop();
  expect(await runsIn("finished_runs")).toEqual([open]);
  expect(await runsIn("attempts")).toEqual([open]);
});

describe("sweeping the default partitions", () => {
  test("deletes what is past its retention, open dead letters and their attempts only past theirs", async () => {
    await store.database.freezeClock(startMs + 10 * dayMs);
    const open = await endOne("dead", startMs + 10 * dayMs);
    await endOne("succeeded", startMs + 10 * dayMs);
    await store.database.freezeClock(startMs + 39 * dayMs);
    expect(await sweepAll()).toBe(0);
    await store.database.freezeClock(startMs + 41 * dayMs);
    expect(await sweepAll()).toBeGreaterThan(0);
    expect(await runsIn("finished_runs")).toEqual([open]);
    await store.database.freezeClock(startMs + 101 * dayMs);
    await sweepAll();
    expect(await runsIn("finished_runs")).toEqual([]);
    expect(await runsIn("attempts")).toEqual([]);
  });

  test("looks at a page a time and reaches the end, whatever it must leave", async () => {
    await store.rows(
      `insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, finished_at)
       select 0, gen_random_uuid(), gen_random_uuid(), 1, 1, case when n % 3 = 0 then 'succeeded' else 'dead' end, 'scheduled', punctual.clock(), 1,
              punctual.clock() - interval '40 days' from generate_series(1, 2500) n`,
    );
    const first = await sweepDefaultPartition(store.db, "finished_runs", retention, null);
    expect(first.mark).not.toBeNull();
    expect(await sweepAll()).toBe(833 - first.deleted);
    expect(await sweepAll()).toBe(0);
  });
});
