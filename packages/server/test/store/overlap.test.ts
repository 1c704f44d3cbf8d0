import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { occurrenceRunId } from "../../src/model/ids.ts";
import { cancelRuns } from "../../src/store/cancelling.ts";
import { wakeWaiting } from "../../src/store/dispatching.ts";
import { fireUnlessBusy, type GuardedMove, type NewRun } from "../../src/store/firing.ts";
import { readHeldJobs, releaseHeld } from "../../src/store/overlap.ts";
import { insertManualRun } from "../../src/store/runs.ts";
import {
  type AddedJob,
  createStore,
  cursorAt,
  finishedRuns,
  hourMs,
  liveRun,
  minuteMs,
  moveOf,
  placement,
  resultOf,
  runOf,
  type Store,
  settleOne,
  startMs,
} from "./fixture.ts";

type Policy = GuardedMove["overlap"];

let store: Store;
let node: number;
beforeAll(async () => {
  store = await createStore();
  node = await store.addNode(365 * 24 * hourMs);
});
afterAll(() => store.database.drop());

/** A job whose occurrences come by the second, all of them due. */
const secondly = (): Promise<AddedJob> => store.addJob({ nextMs: startMs - hourMs });
const occurrence = (job: AddedJob, index: number) => job.nextMs + index * 1_000;

/** Fires occurrences from `index` on, the first one as running and the others as the model plans them. */
async function fireAt(job: AddedJob, overlap: Policy, index: number, count = 1, states?: NewRun["state"][]) {
  const nextMs = occurrence(job, index);
  const after = cursorAt(occurrence(job, index + count));
  const runs = Array.from({ length: count }, (_, turn) => {
    const state = states?.[turn] ?? (turn === 0 ? "running" : "waiting");
    return runOf(job, { nominalMs: occurrence(job, index + turn), state, held: state === "waiting" ? "overlap" : null });
  });
  const move = { ...moveOf(job, { nextMs, next: after, counted: count }), overlap, nextIfSkipped: after };
  const { became } = await fireUnlessBusy(store.db, node, [move], runs);
  return runs.map((run) => became.get(run.runId) ?? null);
}
const runId = (job: AddedJob, index: number) => occurrenceRunId(job.jobId, occurrence(job, index));
const end = (id: string, attempt = 1) => settleOne(store, resultOf(id, node, { attempt }));
const cursorOf = async ({ jobId }: AddedJob) =>
  (
    await store.rows<{ next_ms: number; fired: number }>(
      "select punctual.ms(next_at) as next_ms, fired from punctual.cursors where job_id = $1",
      [jobId],
    )
  )[0];

describe("an occurrence that comes while a run of its job is live", () => {
  test("is skipped under skip, with its reason, and does not count against maxRuns", async () => {
    const job = await secondly();
    expect(await fireAt(job, "skip", 0)).toEqual(["running"]);
    expect(await fireAt(job, "skip", 1)).toEqual(["skipped"]);
    expect(await finishedRuns(store, job.jobId)).toMatchObject([{ state: "skipped", reason: "overlap" }]);
    expect(await cursorOf(job)).toEqual({ next_ms: occurrence(job, 2), fired: 1 });
    await end(runId(job, 0));
    expect(await fireAt(job, "skip", 2)).toEqual(["running"]);
  });

  test("does not end the schedule under skip, although it would have been the last that maxRuns allows", async () => {
    const job = await secondly();
    await fireAt(job, "skip", 0);
    const next = cursorAt(occurrence(job, 2));
    const last = { ...moveOf(job, { nextMs: occurrence(job, 1), next: null }), overlap: "skip" as const, nextIfSkipped: next };
    await fireUnlessBusy(store.db, node, [last], [runOf(job, { nominalMs: occurrence(job, 1) })]);
    expect(await cursorOf(job)).toEqual({ next_ms: next.nominalMs, fired: 1 });
  });

  test("waits under queue and under cancel_previous, held for that reason, and by time alone is not woken", async () => {
    for (const policy of ["queue", "cancel_previous"] as const) {
      const job = await secondly();
      await fireAt(job, policy, 0);
      expect(await fireAt(job, policy, 1)).toEqual(["waiting"]);
      const held = await store.rows("select held, attempt, punctual.ms(due_at) as due_ms from punctual.live_runs where run_id = $1", [
        runId(job, 1),
      ]);
      expect(held).toEqual([{ held: "overlap", attempt: 0, due_ms: startMs + minuteMs }]);
      await store.database.moveClock(2 * minuteMs);
      await wakeWaiting(store.db, [job.shard], 100);
      expect(await liveRun(store, runId(job, 1))).toMatchObject({ state: "waiting" });
      await store.database.freezeClock(startMs);
    }
  });

  test("is skipped under queue when a hundred wait already", async () => {
    const job = await secondly();
    await fireAt(job, "queue", 0);
    const [states, more] = [await fireAt(job, "queue", 1, 99), await fireAt(job, "queue", 100, 3)];
    expect(new Set(states)).toEqual(new Set(["waiting"]));
    expect(more).toEqual(["waiting", "skipped", "skipped"]);
    expect(await finishedRuns(store, job.jobId)).toMatchObject(
      Array.from({ length: 2 }, () => ({ state: "skipped", reason: "overlap: 100 runs wait already" })),
    );
  });

  test("counts a person's run as live, and a backfill's not", async () => {
    const job = await secondly();
    const manual = { runId: runId(job, 900), jobId: job.jobId, revision: 1, placement, expiresMs: null, payload: null, rerunOf: null };
    await insertManualRun(store.db, store.tenantId, manual, startMs);
    expect(await fireAt(job, "skip", 0)).toEqual(["skipped"]);
    await store.rows("update punctual.live_runs set kind = 'backfill' where run_id = $1", [manual.runId]);
    expect(await fireAt(job, "skip", 1)).toEqual(["running"]);
  });

  test("concerns no other job", async () => {
    const [job, other] = [await secondly(), await secondly()];
    await fireAt(job, "skip", 0);
    expect(await fireAt(other, "skip", 0)).toEqual(["running"]);
  });
});

describe("a held run", () => {
  test("becomes ready when nothing else of its job is live, the oldest first and one at a time", async () => {
    const job = await secondly();
    expect(await fireAt(job, "queue", 0, 3)).toEqual(["running", "waiting", "waiting"]);
    expect(await releaseHeld(store.db, [job])).toBe(0);
    await end(runId(job, 0));
    expect([await releaseHeld(store.db, [job]), await releaseHeld(store.db, [job])]).toEqual([1, 0]);
    expect([await liveRun(store, runId(job, 1)), await liveRun(store, runId(job, 2))]).toMatchObject([
      { state: "ready" },
      { state: "waiting" },
    ]);
    await cancelRuns(store.db, store.tenantId, { runId: runId(job, 1) }, { reason: "by request", by: null });
    expect(await releaseHeld(store.db, [job])).toBe(1);
    expect(await liveRun(store, runId(job, 2))).toMatchObject({ state: "ready", due_ms: startMs });
  });

  test("is released once, however many try at the same moment", async () => {
    const job = await secondly();
    await fireAt(job, "queue", 0, 4);
    await end(runId(job, 0));
    const released = await Promise.all(Array.from({ length: 8 }, () => releaseHeld(store.db, [job])));
    expect(released.reduce((sum, count) => sum + count)).toBe(1);
  });

  test("is found when its time to be looked at has come, and put off by a minute each time", async () => {
    const job = await secondly();
    await fireAt(job, "queue", 0, 3);
    // Room for those of other tests: a job of theirs, with a hundred that wait, may be in the same shard.
    const found = async () => (await readHeldJobs(store.db, [job.shard], 1_000, 0)).filter((each) => each.job_id === job.jobId);
    expect(await found()).toEqual([]);
    await store.database.moveClock(minuteMs);
    expect(await found()).toMatchObject([{ shard: job.shard, tenant_id: store.tenantId, newest_run_id: runId(job, 2) }]);
    expect(await found()).toEqual([]);
    expect(await liveRun(store, runId(job, 1))).toMatchObject({ state: "waiting", due_ms: startMs + 2 * minuteMs });
    await store.database.freezeClock(startMs);
  });
});

test("under cancel_previous what waits ends at once, what runs is asked to, and the new run stays", async () => {
  const job = await secondly();
  await fireAt(job, "cancel_previous", 0);
  await fireAt(job, "cancel_previous", 1);
  await fireAt(job, "cancel_previous", 2);
  const which = { jobId: job.jobId, before: runId(job, 2) };
  const wish = { reason: "overlap: the next occurrence has come", by: null };
  expect(await cancelRuns(store.db, store.tenantId, which, wish)).toEqual({ cancelled: 1, cancelling: 1 });
  expect(await finishedRuns(store, job.jobId)).toMatchObject([{ run_id: runId(job, 1), state: "cancelled", reason: wish.reason }]);
  expect(await liveRun(store, runId(job, 0))).toMatchObject({ state: "running", cancel_reason: wish.reason });
  expect(await liveRun(store, runId(job, 2))).toMatchObject({ state: "waiting" });
});

type Step = { event: "fire" | "end" | "claim" | "cancel_all" | "release"; count: number };

test("whatever fires and ends in whatever order, no two runs of a job are under way at once, and every held run has its turn", async () => {
  const steps = fc.array(
    fc.record({
      event: fc.constantFrom<Step["event"]>("fire", "fire", "end", "claim", "release", "cancel_all"),
      count: fc.integer({ min: 1, max: 3 }),
    }),
    { minLength: 4, maxLength: 14 },
  );
  const underWay = async (job: AddedJob) =>
    store.rows<{ run_id: string; state: string; attempt: number }>(
      "select run_id, state, attempt from punctual.live_runs where job_id = $1 and held is null",
      [job.jobId],
    );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom<Policy>("skip", "queue", "cancel_previous"), steps, async (policy, events) => {
      const job = await secondly();
      let fired = 0;
      // Whoever ends or holds a run looks at the job afterwards; two at once do no harm.
      const attend = () => Promise.all([releaseHeld(store.db, [job]), releaseHeld(store.db, [job])]);
      const endAll = async () => {
        for (const run of await underWay(job)) {
          if (run.state === "ready") await cancelRuns(store.db, store.tenantId, { runId: run.run_id }, { reason: "r", by: null });
          else await end(run.run_id, run.attempt);
        }
      };
      const play: { [event in Step["event"]]: (count: number) => Promise<unknown> } = {
        fire: async (count) => {
          const size = policy === "queue" ? count : 1;
          // At the same moment as the end of what runs, as it happens.
          await Promise.all([fireAt(job, policy, fired, size), fired % 2 === 0 ? endAll() : null]);
          fired += size;
          await attend();
        },
        end: async () => {
          await endAll();
          await attend();
        },
        claim: () =>
          store.rows(
            "update punctual.live_runs set state = 'running', holder = $2, attempt = attempt + 1 where job_id = $1 and state = 'ready'",
            [job.jobId, node],
          ),
        cancel_all: async () => {
          await cancelRuns(store.db, store.tenantId, { jobId: job.jobId }, { reason: "r", by: null });
          await attend();
        },
        release: attend,
      };
      for (const { event, count } of events) {
        await play[event](count);
        expect((await underWay(job)).length, event).toBeLessThanOrEqual(1);
      }
      for (let round = 0; round <= fired; round++) await play.end(1);
      expect(await store.rows("select run_id from punctual.live_runs where job_id = $1", [job.jobId])).toEqual([]);
      expect(await finishedRuns(store, job.jobId)).toHaveLength(fired);
    }),
    { numRuns: 20 },
  );
});
