import { afterAll, beforeAll, expect, test } from "vitest";
import { cancelRuns } from "../../src/store/cancelling.ts";
import { fire } from "../../src/store/firing.ts";
import { settleLeased } from "../../src/store/leasing.ts";
import { retryEndedRun } from "../../src/store/retrying.ts";
import {
  type AddedJob,
  createStore,
  hourMs,
  minuteMs,
  moveOf,
  placement,
  resultOf,
  runOf,
  type Store,
  settleOne,
  startMs,
} from "./fixture.ts";

let store: Store;
let node: number;
beforeAll(async () => {
  store = await createStore();
  node = await store.addNode(365 * 24 * hourMs);
});
afterAll(() => store.database.drop());

const end = (runId: string, attempt = 1, next: "succeeded" | "dead" = "succeeded") =>
  settleOne(store, resultOf(runId, node, { attempt, next, resumes: true }));
const cursorOf = async ({ jobId }: AddedJob) =>
  (
    await store.rows<{ next_ms: number | null }>("select punctual.ms(next_at) as next_ms from punctual.cursors where job_id = $1", [jobId])
  )[0]?.next_ms;

/** A job with a delay of ten minutes whose first run is dead and was retried by hand, and whose second is under way: both are live. */
async function twoLive(): Promise<{ job: AddedJob; older: string; newer: string }> {
  const job = await store.addJob({ nextMs: startMs - hourMs, afterMs: 10 * minuteMs });
  const first = runOf(job);
  await fire(store.db, node, [moveOf(job, { next: "on_completion" })], [first]);
  await end(first.runId, 1, "dead");
  expect(await cursorOf(job)).toBe(startMs + 10 * minuteMs);
  await store.rows("update punctual.cursors set next_at = punctual.at($2), due_at = punctual.at($2) where job_id = $1", [
    job.jobId,
    startMs - minuteMs,
  ]);
  const second = runOf(job, { nominalMs: startMs - minuteMs });
  await fire(store.db, node, [moveOf(job, { nextMs: startMs - minuteMs, next: "on_completion" })], [second]);
  await retryEndedRun(store.db, store.tenantId, first.runId, placement);
  return { job, older: first.runId, newer: second.runId };
}
const hold = (runId: string) =>
  store.rows("update punctual.live_runs set state = 'running', holder = $2, attempt = attempt + 1 where run_id = $1", [runId, node]);

test("a fixed delay does not begin with the end of an older run that was retried while the newer one is live, only with the newer one's", async () => {
  const { job, older, newer } = await twoLive();
  await hold(older);
  expect(await end(older, 2)).toBe(true);
  expect(await cursorOf(job)).toBeNull();
  expect(await end(newer)).toBe(true);
  expect(await cursorOf(job)).toBe(startMs + 10 * minuteMs);
});

test("nor with its cancelling; and the newer one's end counts although the older one is live", async () => {
  const { job, older, newer } = await twoLive();
  const wish = { reason: "r", by: null };
  await cancelRuns(store.db, store.tenantId, { runId: older }, wish);
  expect(await cursorOf(job)).toBeNull();
  await retryEndedRun(store.db, store.tenantId, older, placement);
  await end(newer);
  expect(await cursorOf(job)).toBe(startMs + 10 * minuteMs);
});

test("a fixed delay begins with a worker's success as with a node's, and no other cursor moves; told again, it changes nothing", async () => {
  const [delayed, plain] = [
    await store.addJob({ nextMs: startMs - hourMs, afterMs: 10 * minuteMs }),
    await store.addJob({ nextMs: startMs - hourMs }),
  ];
  const [first, other] = [runOf(delayed), runOf(plain)];
  await fire(store.db, node, [moveOf(delayed, { next: "on_completion" }), moveOf(plain)], [first, other]);
  const movedTo = await cursorOf(plain);
  const leased = [first, other].map(({ runId }) => ({ runId, holder: -5, output: null, outputTruncated: false }));
  expect(await settleLeased(store.db, leased)).toEqual([]);
  await store.rows("update punctual.live_runs set holder = -5, worker = 'w' where run_id = any ($1)", [[first.runId, other.runId]]);
  const ended = await settleLeased(store.db, leased);
  expect(ended.map((run) => run.run_id).sort()).toEqual([first.runId, other.runId].sort());
  expect([await cursorOf(delayed), await cursorOf(plain)]).toEqual([startMs + 10 * minuteMs, movedTo]);
  expect(await settleLeased(store.db, leased)).toEqual([]);
  expect(await store.rows("select worker, node_id from punctual.finished_runs where run_id = $1", [first.runId])).toEqual([
    { worker: "w", node_id: null },
  ]);
});
