import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fire, peekDue, readDue } from "../../src/store/firing.ts";
import { buryItself } from "../../src/store/nodes.ts";
import {
  at,
  createStore,
  cursorAt,
  finishedRuns,
  fireOne,
  hourMs,
  liveRun,
  minuteMs,
  moveOf,
  runOf,
  type Store,
  startMs,
} from "./fixture.ts";

let store: Store;
let node: number;
beforeAll(async () => {
  store = await createStore();
  node = await store.addNode(365 * 24 * hourMs);
});
afterAll(() => store.database.drop());

const cursorOf = async (jobId: string) =>
  (
    await store.rows<{ next_ms: number; fired: number }>(
      "select punctual.ms(next_at) as next_ms, fired from punctual.cursors where job_id = $1",
      [jobId],
    )
  )[0];
const allShards = { shards: Array.from({ length: 256 }, (_, shard) => shard), watermarksMs: Array.from({ length: 256 }, () => 0) };

describe("firing an occurrence", () => {
  test("makes its run, held by this node in its first attempt, and moves the cursor", async () => {
    const job = await store.addJob();
    const { live, nowMs } = await fire(store.db, node, [moveOf(job)], [runOf(job)]);
    const [runId = ""] = live;
    expect(nowMs).toBe(startMs);
    expect(await liveRun(store, runId)).toMatchObject({ state: "running", holder: String(node), attempt: 1, started_ms: startMs });
    expect(await cursorOf(job.jobId)).toEqual({ next_ms: job.nextMs + hourMs, fired: 1 });
  });

  test("finds the cursor where it was read, and nothing there once it has moved, or when another job's is there", async () => {
    const [job, other] = [await store.addJob(), await store.addJob()];
    const placeOf = async ({ jobId }: { jobId: string }): Promise<string> =>
      at(await store.rows<{ place: string }>("select ctid::text as place from punctual.cursors where job_id = $1", [jobId]), 0).place;
    const place = await placeOf(job);
    const read = at(
      (await readDue(store.db, allShards, 50)).filter((row) => row.job_id === job.jobId),
      0,
    );
    expect(read.place).toBe(place);
    const atOthers = await fire(store.db, node, [moveOf(job, { place: await placeOf(other) })], [runOf(job)]);
    expect([...atOthers.live]).toEqual([]);
    const run = runOf(job);
    expect([...(await fire(store.db, node, [moveOf(job, { place })], [run])).live]).toEqual([run.runId]);
    expect(await cursorOf(job.jobId)).toEqual({ next_ms: job.nextMs + hourMs, fired: 1 });
    expect(await placeOf(job)).not.toBe(place);
    expect([...(await fire(store.db, node, [moveOf(job, { place })], [run])).live]).toEqual([]);
    expect(await cursorOf(job.jobId)).toEqual({ next_ms: job.nextMs + hourMs, fired: 1 });
    expect(await cursorOf(other.jobId)).toEqual({ next_ms: other.nextMs, fired: 0 });
  });

  test("lets it wait where it was placed: for workers of its queue, under its key, until it is skipped", async () => {
    const job = await store.addJob();
    const place = { priority: 7, origin: 3, queue: 5, concurrencyKey: 11, pulled: true };
    const run = runOf(job, { state: "ready", placement: place, expiresMs: startMs + minuteMs });
    await fire(store.db, node, [moveOf(job)], [run]);
    const [row] = await store.rows(
      `select priority, origin, queue::int, concurrency_key::int as key, pulled, punctual.ms(expires_at) as expires_ms
       from punctual.live_runs where run_id = $1`,
      [run.runId],
    );
    expect(row).toEqual({ priority: 7, origin: 3, queue: 5, key: 11, pulled: true, expires_ms: startMs + minuteMs });
  });

  test("makes it ready, unheld and with no attempt spent, when there is no slot", async () => {
    const job = await store.addJob();
    const runId = await fireOne(store, node, job, "ready");
    expect(await liveRun(store, runId)).toMatchObject({ state: "ready", holder: null, attempt: 0, started_ms: null });
  });

  test("records a skipped one with its reason, and makes no live run of it", async () => {
    const job = await store.addJob();
    const { live } = await fire(store.db, node, [moveOf(job, { counted: 0 })], [runOf(job, { state: "skipped", reason: "misfire" })]);
    expect(live.size).toBe(0);
    expect(await finishedRuns(store, job.jobId)).toMatchObject([{ state: "skipped", reason: "misfire", attempt: 0, started_ms: null }]);
    expect(await cursorOf(job.jobId)).toMatchObject({ fired: 0 });
  });

  test("ends the cursor with the schedule's last occurrence", async () => {
    const job = await store.addJob();
    const { live } = await fire(store.db, node, [moveOf(job, { next: null })], [runOf(job)]);
    expect(live.size).toBe(1);
    expect(await cursorOf(job.jobId)).toBeUndefined();
  });
});

describe("firing changes nothing", () => {
  const fired = async (change: Parameters<typeof moveOf>[1], nodeId: number | null = node, nextMs = startMs - minuteMs) => {
    const job = await store.addJob({ nextMs });
    const { live } = await fire(store.db, nodeId, [moveOf(job, change)], [runOf(job, { state: nodeId === null ? "ready" : "running" })]);
    expect(await cursorOf(job.jobId)).toEqual({ next_ms: live.size > 0 ? job.nextMs + hourMs : job.nextMs, fired: live.size });
    return live.size > 0;
  };

  test.each([hourMs, null])("when the cursor has moved since it was read (new next: %s)", async (gap) => {
    const next = gap === null ? null : cursorAt(startMs + gap);
    expect(await fired({ nextMs: startMs - 2 * minuteMs, next })).toBe(false);
  });

  test.each([hourMs, null])("when the job was changed since it was read (new next: %s)", async (gap) => {
    expect(await fired({ revision: 2, next: gap === null ? null : cursorAt(startMs + gap) })).toBe(false);
  });

  test.each([hourMs, null])("before the database's clock says that it is due (new next: %s)", async (gap) => {
    expect(await fired({ next: gap === null ? null : cursorAt(startMs + gap) }, node, startMs + 1)).toBe(false);
    expect(await fired({}, node, startMs)).toBe(true);
  });

  test("when the node's lease has ended, or the node has left, or never was", async () => {
    const ended = await store.addNode(0);
    const left = await store.addNode();
    await buryItself(store.db, left);
    // The end of a schedule is a statement's part of its own.
    for (const next of [cursorAt(startMs + hourMs), null])
      for (const nodeId of [ended, left, 999_999]) expect(await fired({ next }, nodeId)).toBe(false);
  });

  test("and a command, which is no node, may record what was due", async () => {
    expect(await fired({}, null)).toBe(true);
  });

  test.each([cursorAt(startMs + hourMs), null])(
    "and what a spread lets start later only a command records before that (new next: %o)",
    async (next) => {
      const job = await store.addJob();
      await store.rows("update punctual.cursors set due_at = punctual.at($2) where job_id = $1", [job.jobId, startMs + minuteMs]);
      const byWhom = async (nodeId: number | null) =>
        (await fire(store.db, nodeId, [moveOf(job, { next })], [runOf(job, { state: "ready" })])).live.size;
      expect(await byWhom(node)).toBe(0);
      expect(await byWhom(null)).toBe(1);
    },
  );
});

describe("an occurrence fires exactly once", () => {
  test("when one batch is sent twice, at once, by two nodes that both believe to own its shards", async () => {
    const other = await store.addNode();
    const jobs = await store.addJobs(100);
    const batch = (nodeId: number) =>
      fire(
        store.db,
        nodeId,
        jobs.map((job) => moveOf(job)),
        jobs.map((job) => runOf(job)),
      );
    const answers = await Promise.all([batch(node), batch(other)]);
    expect(answers.map(({ live }) => live.size).sort((a, b) => a - b)).toEqual([0, 100]);
    const ids = jobs.map(({ jobId }) => jobId);
    expect(
      await store.rows(
        "select count(*)::int as runs, count(distinct holder)::int as holders from punctual.live_runs where job_id = any ($1)",
        [ids],
      ),
    ).toEqual([{ runs: 100, holders: 1 }]);
  });

  test("however several nodes read and fire, in whatever order and with whatever stale knowledge", async () => {
    // Each step is a node that reads the cursors, and fires what it has read after some other steps.
    const step = fc.record({ job: fc.nat(3), node: fc.nat(2), lateBy: fc.nat(6) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
        const jobs = await store.addJobs(4, startMs - 5 * minuteMs);
        const nodes = [node, await store.addNode(), await store.addNode()];
        const pending: { at: number; send: () => Promise<number> }[] = [];
        let fired = 0;
        const sendUntil = async (at: number) => {
          const now = pending.filter((entry) => entry.at <= at);
          for (const entry of now) pending.splice(pending.indexOf(entry), 1);
          fired += (await Promise.all(now.map((entry) => entry.send()))).reduce((sum, count) => sum + count, 0);
        };
        for (const [index, { job: which, node: nodeIndex, lateBy }] of steps.entries()) {
          const job = at(jobs, which);
          const nextMs = (await cursorOf(job.jobId))?.next_ms ?? 0;
          const run = runOf(job, { nominalMs: nextMs });
          const move = moveOf(job, { nextMs, next: cursorAt(nextMs + minuteMs) });
          pending.push({ at: index + lateBy, send: async () => (await fire(store.db, nodes[nodeIndex] ?? node, [move], [run])).live.size });
          await sendUntil(index);
        }
        await sendUntil(Number.POSITIVE_INFINITY);
        const runs = await store.rows<{ job_id: string; runs: number; times: number }>(
          "select job_id, count(*)::int as runs, count(distinct nominal_at)::int as times from punctual.live_runs where job_id = any ($1) group by job_id",
          [jobs.map(({ jobId }) => jobId)],
        );
        expect(runs.reduce((sum, row) => sum + row.runs, 0)).toBe(fired);
        for (const job of jobs) {
          const { runs: count = 0, times = 0 } = runs.find((row) => row.job_id === job.jobId) ?? {};
          expect(count).toBe(times);
          // What the cursor has passed is there, and nothing else.
          expect(await cursorOf(job.jobId)).toEqual({ next_ms: job.nextMs + count * minuteMs, fired: count });
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe("looking for what is due", () => {
  test("finds due cursors of the named shards, oldest first, from the watermark on, and never more than asked for", async () => {
    const fresh = await createStore();
    try {
      const [old, young, future] = [
        await fresh.addJob({ nextMs: startMs - hourMs }),
        await fresh.addJob({ nextMs: startMs }),
        await fresh.addJob({ nextMs: startMs + 1 }),
      ];
      const found = async (scan: typeof allShards, perShard = 10) =>
        (await readDue(fresh.db, scan, perShard)).map((row) => row.job_id).sort();
      expect(await found(allShards)).toEqual([old.jobId, young.jobId].sort());
      expect(await found({ shards: [young.shard], watermarksMs: [startMs - 1] })).toEqual([young.jobId]);
      expect(await found({ shards: [old.shard], watermarksMs: [startMs - 1] })).not.toContain(old.jobId);
      expect(await peekDue(fresh.db, { shards: [future.shard], watermarksMs: [startMs + 1] })).toEqual({
        now: startMs,
        next_due_ms: startMs + 1,
      });
      expect(await peekDue(fresh.db, { shards: [future.shard], watermarksMs: [startMs + 2] })).toEqual({ now: startMs, next_due_ms: null });
      await fresh.database.moveClock(1);
      expect(await found(allShards)).toHaveLength(3);
      expect(await found(allShards, 0)).toHaveLength(0);
    } finally {
      await fresh.database.drop();
    }
  });
});
