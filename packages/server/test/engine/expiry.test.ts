import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Cluster, startCluster } from "./cluster.ts";

let cluster: Cluster;
let receiver: Receiver;
beforeEach(async () => {
  [cluster, receiver] = await Promise.all([startCluster(), startReceiver()]);
});
afterEach(async () => {
  await cluster.stop();
  await receiver.stop();
});

const target = (path = "/") => ({ type: "http" as const, url: receiver.url + path });
type Ended = { state: string; reason: string | null; attempt: number };
const endsOf = (jobId: string) =>
  cluster.rows<Ended>("select state, reason, attempt from punctual.finished_runs where job_id = $1 order by run_id", [jobId]);

describe("a start timeout", () => {
  it("skips a run that no node could begin in time, and says why", async () => {
    // A worker's run that no worker leases.
    const { jobId } = await cluster.createJob({
      runAt: new Date(Date.now() + 200).toISOString(),
      target: { type: "worker", queue: "q" },
      startTimeout: "90s",
    });
    await cluster.start();
    await eventually(async () => (await cluster.rows("select from punctual.live_runs where job_id = $1", [jobId])).length === 1);
    await cluster.database.moveClock(88_000);
    // Whatever expired before would be gone with this look: a canary of another job shows that one has been made.
    await canary();
    expect(await endsOf(jobId)).toEqual([]);
    await cluster.database.moveClock(2_500);
    await eventually(async () => (await endsOf(jobId)).length === 1);
    expect(await endsOf(jobId)).toEqual([{ state: "skipped", reason: "start timeout: not begun within 90 s", attempt: 0 }]);
  });

  it("does not touch a run that has begun, however long it takes or waits for its retry", async () => {
    receiver.answer({ status: 500 });
    const { jobId } = await cluster.createJob({ delay: "1s", target: target(), startTimeout: "1s", retry: { backoff: ["1h"] } });
    await cluster.start();
    await eventually(
      async () => (await cluster.rows("select from punctual.live_runs where job_id = $1 and state = 'waiting'", [jobId])).length === 1,
    );
    await cluster.database.moveClock(30 * 60_000);
    await canary();
    expect(await endsOf(jobId)).toEqual([]);
  });

  it("lets a job with a fixed delay go on after the run that was skipped", async () => {
    const { jobId } = await cluster.createJob({
      every: "1m",
      after: "completion",
      target: { type: "worker", queue: "q" },
      startTimeout: "10s",
    });
    await cluster.start();
    await cluster.database.moveClock(61_000);
    await eventually(async () => (await cluster.rows("select from punctual.live_runs where job_id = $1", [jobId])).length === 1);
    await cluster.database.moveClock(11_000);
    await eventually(async () => (await endsOf(jobId)).length === 1);
    await cluster.database.moveClock(61_000);
    await eventually(async () => (await cluster.rows("select from punctual.live_runs where job_id = $1", [jobId])).length === 1);
    expect(await endsOf(jobId)).toHaveLength(1);
  });
});

/** Resolves when a worker's run that has just expired is skipped: then a look of the expiry loop has passed. */
async function canary(): Promise<void> {
  const { jobId } = await cluster.createJob({ every: "24h", target: { type: "worker", queue: "canary" }, startTimeout: "1s" });
  await cluster.ask("triggerJob", { params: { jobId }, body: {} });
  await cluster.rows("update punctual.live_runs set expires_at = punctual.clock() where job_id = $1", [jobId]);
  await eventually(async () => (await endsOf(jobId)).length === 1);
}
