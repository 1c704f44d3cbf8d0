import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Cluster, startCluster, type TestNode } from "./cluster.ts";

let cluster: Cluster;
let receiver: Receiver;
beforeEach(async () => {
  [cluster, receiver] = await Promise.all([startCluster(), startReceiver()]);
});
afterEach(async () => {
  await cluster.stop();
  await receiver.stop();
});

type Settings = { concurrency?: number; keyConcurrency?: number; rate?: { limit: number; period: string; burst?: number } };
const putQueue = (name: string, body: Settings, on?: TestNode) => cluster.ask("putQueue", { params: { name }, body }, on ? { on } : {});
const now = (queue: string, concurrencyKey?: string) => ({
  runAt: new Date().toISOString(),
  target: { type: "http" as const, url: receiver.url },
  queue,
  ...(concurrencyKey !== undefined && { concurrencyKey }),
});
const create = (count: number, queue: string, on: TestNode, key?: string) =>
  Promise.all(Array.from({ length: count }, () => cluster.createJob(now(queue, key), { on })));
const ended = (count: number) =>
  eventually(async () => (await cluster.rows("select from punctual.finished_runs")).length === count, { timeoutMs: 20_000 });

/** Counts what runs, from outside, until told to stop. @returns the most that ran at once */
function watchMost(sql: string): () => Promise<number> {
  let stopped = false;
  const watching = (async () => {
    let most = 0;
    while (!stopped) for (const { n } of await cluster.rows<{ n: string }>(sql)) most = Math.max(most, Number(n));
    return most;
  })();
  return () => {
    stopped = true;
    return watching;
  };
}
const allRunning = "select count(*) n from punctual.live_runs where state = 'running'";
const runningByKey =
  "select count(*) n from punctual.live_runs where state = 'running' and concurrency_key is not null group by concurrency_key";

describe("a queue", () => {
  it("holds its concurrency while nodes come, are killed and hand back, and loses no run", async () => {
    receiver.answer({ delayMs: 60 });
    const first = await cluster.start();
    await cluster.settled(first);
    await putQueue("narrow", { concurrency: 2 });
    const most = watchMost(allRunning);
    await create(40, "narrow", first);
    await receiver.waitFor(4);
    const second = await cluster.start();
    await cluster.settled(first, second);
    first.proxy.cut();
    first.leaseProxy.cut();
    await ended(40);
    expect(await most()).toBe(2);
    const states = await cluster.rows<{ state: string }>("select state from punctual.finished_runs");
    expect(states.map(({ state }) => state)).toEqual(Array.from({ length: 40 }, () => "succeeded"));
    first.proxy.heal();
    first.leaseProxy.heal();
  }, 60_000);

  it("begins a run at once when nothing holds it, and the next when one ends", async () => {
    receiver.answer({ delayMs: 60 });
    const node = await cluster.start();
    await cluster.settled(node);
    await putQueue("one", { concurrency: 1 });
    const askedMs = performance.now();
    await create(12, "one", node);
    await receiver.waitFor(12, { timeoutMs: 20_000 });
    // One after the other, each woken by the end of the one before; by polling alone it would be 12 seconds.
    expect(performance.now() - askedMs).toBeLessThan(8_000);
  });

  it("lets one key run one at a time while the others go on", async () => {
    receiver.answer({ delayMs: 20 });
    const node = await cluster.start();
    await cluster.settled(node);
    await putQueue("keyed", { keyConcurrency: 1 });
    const most = watchMost(runningByKey);
    await Promise.all([create(8, "keyed", node, "a"), create(8, "keyed", node, "b"), create(4, "keyed", node)]);
    await ended(20);
    expect(await most()).toBe(1);
    expect(receiver.requests).toHaveLength(20);
  });

  it("starts no more than its burst and its rate", async () => {
    const node = await cluster.start();
    await cluster.settled(node);
    await putQueue("slow", { rate: { limit: 10, period: "1s", burst: 3 } });
    await create(13, "slow", node);
    await ended(13);
    const starts = (
      await cluster.rows<{ ms: number }>("select punctual.ms(started_at) as ms from punctual.finished_runs order by started_at")
    ).map(({ ms }) => ms);
    for (const [index, fromMs] of starts.entries()) {
      for (const [later, toMs] of starts.slice(index).entries())
        expect(later + 1).toBeLessThanOrEqual(3 + Math.ceil((toMs - fromMs + 2) / 100));
    }
  });

  it("spends nothing of its rate on runs that were claimed and found no slot", async () => {
    receiver.answer({ delayMs: 20 });
    const node = await cluster.start({ slots: 20, slotsPerOrigin: 1 });
    await cluster.settled(node);
    await putQueue("rare", { rate: { limit: 1, period: "24h", burst: 4 } });
    await cluster.ask("pauseQueue", { params: { name: "rare" }, body: {} }, { on: node });
    await create(4, "rare", node);
    await eventually(async () => (await cluster.rows("select from punctual.live_runs where state = 'ready'")).length === 4);
    // One claim takes all four, and all four tokens; one finds a slot.
    await cluster.ask("resumeQueue", { params: { name: "rare" } }, { on: node });
    await ended(4);
    expect(receiver.requests).toHaveLength(4);
  });

  it("that is paused starts nothing, and goes on within a second of being resumed", async () => {
    const node = await cluster.start();
    await cluster.settled(node);
    await putQueue("held", {});
    await cluster.ask("pauseQueue", { params: { name: "held" }, body: { reason: "maintenance" } }, { on: node });
    await create(3, "held", node);
    await eventually(async () => (await cluster.rows("select from punctual.live_runs where state = 'ready'")).length === 3);
    await create(1, "other", node);
    await receiver.waitFor(1);
    expect(await cluster.rows("select from punctual.live_runs where state = 'ready'")).toHaveLength(3);
    const resumedMs = performance.now();
    await cluster.ask("resumeQueue", { params: { name: "held" } }, { on: node });
    await receiver.waitFor(4);
    expect(performance.now() - resumedMs).toBeLessThan(1_000);
  });

  it("gives a retry a place of its own turn, and counts no run that waits for its retry", async () => {
    const node = await cluster.start();
    await cluster.settled(node);
    await putQueue("retries", { concurrency: 1 });
    receiver.answer({ status: 503 });
    await cluster.createJob({ ...now("retries"), retry: { attempts: 2, backoff: "fixed", baseDelay: "1s", jitter: "none" } }, { on: node });
    await receiver.waitFor(1);
    receiver.answer({ status: 200 });
    await create(1, "retries", node);
    await receiver.waitFor(3);
    await ended(2);
    const rows = await cluster.rows<{ attempt: number }>("select attempt from punctual.finished_runs order by attempt");
    expect(rows).toEqual([{ attempt: 1 }, { attempt: 2 }]);
  });

  it("leaves its runs for later when the node has no slot, and origins at their share", async () => {
    receiver.answer({ delayMs: 30 });
    const node = await cluster.start({ slots: 3, slotsPerOrigin: 2 });
    await cluster.settled(node);
    await create(20, "wide", node);
    await ended(20);
    expect(receiver.requests).toHaveLength(20);
    const rows = await cluster.rows<{ attempt: number }>("select attempt from punctual.finished_runs");
    expect(rows).toEqual(Array.from({ length: 20 }, () => ({ attempt: 1 })));
  });

  it("does not keep its other targets waiting for one that hangs", async () => {
    const hanging = await startReceiver();
    hanging.answer({ refuse: "hang" });
    const node = await cluster.start({ slots: 20, slotsPerOrigin: 2 });
    await cluster.settled(node);
    const job = { ...now("mixed"), target: { type: "http" as const, url: hanging.url } };
    await Promise.all(Array.from({ length: 40 }, () => cluster.createJob(job, { on: node })));
    await hanging.waitFor(2);
    // All are fired, and what the first claim took beyond the share is back; from here on none of them may be touched.
    await eventually(async () => (await cluster.rows("select from punctual.live_runs where state = 'ready'")).length === 38);
    for (let count = 1; count <= 5; count++) {
      await create(1, "mixed", node);
      await receiver.waitFor(count, { timeoutMs: 3_000 });
    }
    expect(hanging.requests).toHaveLength(2);
    const claimedInVain = await cluster.rows(`select from punctual.live_runs
      where state = 'ready' and due_at > (select min(started_at) from punctual.finished_runs)`);
    expect(claimedInVain, "those at their share are left, not claimed and handed back over and over").toEqual([]);
    await node.stop();
    await hanging.stop();
  });
});
