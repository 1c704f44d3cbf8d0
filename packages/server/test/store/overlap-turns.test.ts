import { afterAll, beforeAll, expect, test } from "vitest";
import { fire, fireUnlessBusy, type GuardedMove, type NewRun } from "../../src/store/firing.ts";
import { type AddedJob, createStore, cursorAt, finishedRuns, minuteMs, moveOf, runOf, type Store, startMs } from "./fixture.ts";

const fromMs = startMs - 10 * minuteMs;
let store: Store;
let node: number;
beforeAll(async () => {
  store = await createStore();
  node = await store.addNode();
});
afterAll(() => store.database.drop());

const runAt = (job: AddedJob, minute: number, change: Partial<NewRun> = {}): NewRun =>
  runOf(job, { nominalMs: fromMs + minute * minuteMs, state: "ready", ...change });

/** Fires the job's cursor on to now, with these runs. @returns what became of each, in their order */
async function fireAll(job: AddedJob, overlap: GuardedMove["overlap"], runs: readonly NewRun[]): Promise<unknown[]> {
  const move = { ...moveOf(job, { next: cursorAt(startMs), counted: runs.length }), overlap, nextIfSkipped: cursorAt(startMs) };
  const { became } = await fireUnlessBusy(store.db, node, [move], runs);
  return runs.map((run) => became.get(run.runId));
}

test.each([
  ["skip", "skipped"],
  ["queue", "waiting"],
] as const)("of several occurrences that are due at once the first runs, and under %s the others are %s", async (overlap, others) => {
  const job = await store.addJob({ nextMs: fromMs });
  expect(await fireAll(job, overlap, [runAt(job, 0), runAt(job, 1), runAt(job, 2)])).toEqual(["ready", others, others]);
});

test.each([
  ["queue", 100],
  ["cancel_previous", 102],
] as const)("behind the first of 103 that are due at once, under %s %i wait", async (overlap, most) => {
  const job = await store.addJob({ nextMs: startMs - 200 * minuteMs });
  const runs = Array.from({ length: 103 }, (_, index) => runAt(job, index - 190));
  const became = await fireAll(job, overlap, runs);
  expect(became).toEqual(runs.map((_, index) => (index === 0 ? "ready" : index <= most ? "waiting" : "skipped")));
  expect((await finishedRuns(store, job.jobId)).map(({ reason }) => reason)).toEqual(
    Array.from({ length: 102 - most }, () => "overlap: 100 runs wait already"),
  );
});

test("an occurrence that is skipped anyway keeps its own reason beside a live run, and takes nobody's turn", async () => {
  const job = await store.addJob({ nextMs: fromMs });
  const missed = { state: "skipped", reason: "misfire" } as const;
  expect(await fireAll(job, "queue", [runAt(job, 0, missed), runAt(job, 1)])).toEqual(["skipped", "ready"]);
  const busy = await store.addJob({ nextMs: fromMs });
  await fire(store.db, node, [moveOf(busy, { next: cursorAt(fromMs + minuteMs) })], [runAt(busy, 0)]);
  const later = { ...busy, nextMs: fromMs + minuteMs };
  expect(await fireAll(later, "queue", [runAt(later, 1, missed), runAt(later, 2)])).toEqual(["skipped", "waiting"]);
  for (const { jobId } of [job, busy]) expect(await finishedRuns(store, jobId)).toMatchObject([{ state: "skipped", reason: "misfire" }]);
});

test("after an occurrence that met a live run the next one is due when its spread says", async () => {
  const job = await store.addJob({ nextMs: fromMs });
  await fire(store.db, node, [moveOf(job, { next: cursorAt(fromMs + minuteMs) })], [runAt(job, 0)]);
  const next = { nominalMs: startMs + minuteMs, dueMs: startMs + minuteMs + 7_000 };
  const move = { ...moveOf({ ...job, nextMs: fromMs + minuteMs }, { next: null }), overlap: "skip" as const, nextIfSkipped: next };
  await fireUnlessBusy(store.db, node, [move], [runAt(job, 1)]);
  const rows = await store.rows(
    "select punctual.ms(next_at) as nominal, punctual.ms(due_at) as due from punctual.cursors where job_id = $1",
    [job.jobId],
  );
  expect(rows).toEqual([{ nominal: next.nominalMs, due: next.dueMs }]);
});

test("an occurrence that meets nothing live and is held for its target stays held for that", async () => {
  const job = await store.addJob({ nextMs: fromMs });
  const run = runAt(job, 0, { state: "waiting", held: "breaker" });
  expect(await fireAll(job, "queue", [run])).toEqual(["waiting"]);
  expect(await store.rows("select held from punctual.live_runs where run_id = $1", [run.runId])).toEqual([{ held: "breaker" }]);
});
