import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Cluster, startCluster, type TestNode } from "./cluster.ts";

let cluster: Cluster;
let receiver: Receiver;

const dayMs = 24 * 3_600_000;

beforeEach(async () => {
  [cluster, receiver] = await Promise.all([startCluster(), startReceiver()]);
});
afterEach(async () => {
  await cluster.stop();
  await receiver.stop();
});

const target = (path: string) => ({ type: "http" as const, url: receiver.url + path });
const clockMs = async (): Promise<number> => (await cluster.rows<{ ms: number }>("select punctual.ms(punctual.clock()) as ms"))[0]?.ms ?? 0;
const counts = async (jobId: string) => {
  const rows = await cluster.rows<{ state: string; count: number }>(
    "select state, count(*)::int as count from punctual.finished_runs where job_id = $1 group by 1",
    [jobId],
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
};
/** Resolves when the job has no occurrence left that is due, and no live run. */
const caughtUp = (jobId: string) =>
  eventually(
    async () => {
      const [left] = await cluster.rows<{ left: boolean }>(
        `select exists (select from punctual.cursors where job_id = $1 and due_at <= punctual.clock())
             or exists (select from punctual.live_runs where job_id = $1) as left`,
        [jobId],
      );
      return left?.left === false;
    },
    { timeoutMs: 10_000 },
  );

describe("after a day without any node", () => {
  it("each policy runs exactly what it promises, and every occurrence it does not run is a row", async () => {
    const every = { every: "1m", misfire: { window: "10m" as string } };
    const jobs = await Promise.all(
      (["latest", "skip", "all"] as const).map((policy) =>
        cluster.createJob({ ...every, misfire: { ...every.misfire, policy }, target: target(`/${policy}`) }),
      ),
    );
    const [latest, skip, all] = jobs.map(({ jobId }) => jobId) as [string, string, string];
    await cluster.database.moveClock(dayMs + 30_000);
    await cluster.start();
    for (const { jobId } of jobs) await caughtUp(jobId);
    // 1,440 occurrences: those of the last ten minutes run under each policy, of the other 1,430 the last, none, or all.
    expect(await counts(latest)).toEqual({ succeeded: 11, skipped: 1_429 });
    expect(await counts(skip)).toEqual({ succeeded: 10, skipped: 1_430 });
    expect(await counts(all)).toEqual({ succeeded: 1_440 });
    expect(receiver.requests).toHaveLength(1_461);
  });

  it("live jobs start on time while a backlog is worked off, also on the same receiver and with few slots", async () => {
    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        cluster.createJob({ every: "1m", misfire: { window: "1m", policy: "all" }, target: target(`/late/${n}`) }),
      ),
    );
    await cluster.database.moveClock(dayMs);
    receiver.answer({ delayMs: 20 });
    const node = await cluster.start({ slots: 10 });
    await receiver.waitFor(20);
    const { jobId } = await cluster.createJob({ every: "1s", maxRuns: 3, target: target("/live") }, { on: node });
    await receiver.waitFor((requests) => requests.filter(({ path }) => path === "/live").length === 3);
    const late = await cluster.rows<{ count: number }>("select count(*)::int as count from punctual.live_runs where priority < 0");
    expect(late[0]?.count).toBeGreaterThan(1_000);
    const lags = await eventually(async () => {
      const { body } = await cluster.ask("listRuns", { query: { jobId } });
      return body.items.length === 3 && body.items.every((run) => run.lagMs !== null) && body.items.map((run) => run.lagMs ?? 0);
    });
    for (const lag of lags) expect(lag).toBeLessThan(1_000);
  });
});

describe("watermarks", () => {
  it("hide nothing for long: a cursor that became visible far behind the mark is found by the scan from the beginning", async () => {
    const node = await cluster.start();
    const runAt = new Date(Date.now() - 3_600_000).toISOString();
    const { jobId } = await cluster.createJob({ runAt: "2099-01-01T00:00:00Z", target: target("/") });
    await cluster.settled(node);
    await marksHaveMoved(node);
    // As a transaction would leave it that was an hour late to commit.
    await cluster.rows("update punctual.jobs set definition = replace(definition, '2099-01-01T00:00:00Z', $1)", [runAt]);
    await cluster.rows("update punctual.cursors set next_at = $1, due_at = $1", [runAt]);
    const hrtime = process.hrtime.bigint;
    const later = vi.spyOn(process.hrtime, "bigint").mockImplementation(() => hrtime() + 61_000_000_000n);
    try {
      await eventually(async () => {
        node.engine.wake(0);
        return receiver.requests.length === 1;
      });
    } finally {
      later.mockRestore();
    }
    expect(receiver.requests[0]?.headers["punctual-job-id"]).toBe(jobId);
  });

  it("are taken over: a new owner begins where the last one stopped", async () => {
    const first = await cluster.start();
    await cluster.settled(first);
    await cluster.createJob({ runAt: new Date().toISOString(), target: target("/") }, { on: first });
    await receiver.waitFor(1);
    await first.stop();
    const nowMs = await clockMs();
    const stored = await cluster.rows<{ ms: number }>("select punctual.ms(watermark) as ms from punctual.shards");
    for (const { ms } of stored) expect(ms).toBeGreaterThan(nowMs - 15_000);
    const second = await cluster.start();
    await cluster.settled(second);
    await cluster.createJob({ runAt: new Date().toISOString(), target: target("/") }, { on: second });
    await receiver.waitFor(2);
  });
});

/** Resolves when the node has looked, and its marks have moved on. */
async function marksHaveMoved(node: TestNode): Promise<void> {
  node.engine.wake(0);
  await eventually(
    async () => (await cluster.rows("select from punctual.shards where watermark > punctual.clock() - interval '1 hour'")).length === 256,
    {
      timeoutMs: 8_000,
    },
  );
  expect(receiver.requests).toHaveLength(0);
}
