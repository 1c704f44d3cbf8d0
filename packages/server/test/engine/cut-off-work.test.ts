import { EventEmitter } from "node:events";
import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { join } from "../../src/engine/membership.ts";
import { createNodeClock } from "../../src/engine/node-clock.ts";
import { createReach } from "../../src/engine/reach.ts";
import type { Database } from "../../src/store/database.ts";
import { type Cluster, startCluster, type TestNode } from "./cluster.ts";

describe("a node whose lease is renewed while none of its work reaches the database", () => {
  let cluster: Cluster;
  let receiver: Receiver;
  beforeEach(async () => {
    [cluster, receiver] = await Promise.all([startCluster(), startReceiver()]);
  });
  afterEach(async () => {
    await cluster.stop();
    await receiver.stop();
  });

  const everySecond = () => ({ every: "1s", target: { type: "http" as const, url: receiver.url } });
  const owners = () => cluster.rows("select shard, owner, epoch from punctual.shards order by shard");
  const leaseTtlMs = 4_000;
  /** Resolves when each has told for half a TTL that its work is cut off for long enough to give up. */
  const longSilent = (...nodes: TestNode[]) =>
    eventually(
      async () => {
        const told = await cluster.rows<{ ms: number }>("select silent_ms as ms from punctual.nodes where lease_until > punctual.clock()");
        return told.length === nodes.length && told.every(({ ms }) => ms > 1.5 * leaseTtlMs);
      },
      { timeoutMs: 20_000 },
    );

  it("gives it up to one that can work, and comes back by itself once it can", async () => {
    const [silent, sound] = [await cluster.start(), await cluster.start()];
    await cluster.settled(silent, sound);
    await cluster.createJobOn(silent, everySecond());
    const firstId = silent.engine.nodeId();
    silent.workProxy.silence();
    await eventually(() => sound.engine.gauges().shards === 256, { timeoutMs: 20_000 });
    await receiver.waitFor(receiver.requests.length + 2);
    expect(silent.has("lease_given_up")).toBe(true);
    expect(silent.engine.trusted()).toBe(false);
    expect(silent.events.filter(({ type }) => type === "node_registered")).toHaveLength(1);
    expect(sound.has("nodes_buried")).toBe(false);
    silent.workProxy.heal();
    await eventually(() => silent.engine.trusted(), { timeoutMs: 20_000 });
    await cluster.settled(silent, sound);
    expect(silent.engine.nodeId()).toBeGreaterThan(firstId);
  });

  it("gives it up after 3/4 of a TTL and not before, and renews more often as that comes near", async () => {
    const steady = await cluster.start({ leaseTtlMs });
    const renewals = { steady: () => steady.events.filter(({ type }) => type === "lease_renewed").length, silent: 0 };
    let silentMs = 0.75 * leaseTtlMs - 1;
    let isGivenUp = false;
    const member = await join({
      ...{ db: cluster.database.pool, name: "m", version: "0", slots: 1, ttlMs: leaseTtlMs, clock: createNodeClock() },
      reach: { silentMs: () => silentMs, probe: () => Promise.resolve() },
      emit: ({ type }) => {
        if (type === "lease_renewed") renewals.silent++;
        if (type === "lease_given_up") isGivenUp = true;
      },
      load: () => ({ running: 0 }),
      onBuried: () => {},
      onLost: () => {},
    });
    const before = renewals.steady();
    // Its silence counts from its first renewal on.
    await eventually(() => renewals.steady() > before + 4, { timeoutMs: 20_000 });
    expect(isGivenUp).toBe(false);
    expect(renewals.silent).toBeGreaterThan(renewals.steady() - before);
    silentMs += 2;
    await eventually(() => isGivenUp);
    await member.leave();
  });

  it("keeps it when it is alone, or when the others can do no better, and goes on where it stood", async () => {
    const nodes = [await cluster.start({ leaseTtlMs })];
    for (const joining of [false, true]) {
      if (joining) nodes.push(await cluster.start({ leaseTtlMs }));
      await cluster.settled(...nodes);
      const before = await owners();
      for (const node of nodes) node.workProxy.cut();
      await longSilent(...nodes);
      for (const node of nodes) node.workProxy.heal();
      const { jobId } = await cluster.createJob({ ...everySecond(), maxRuns: 1 });
      await eventually(async () => (await cluster.rows("select from punctual.finished_runs where job_id = $1", [jobId])).length === 1, {
        timeoutMs: 10_000,
      });
      expect(await owners()).toEqual(before);
      for (const node of nodes) expect(node.has("lease_given_up") || node.has("lease_lost")).toBe(false);
    }
  });
});

it("an answer to anything shows that the database is in reach, however long the look itself waits for its turn", () => {
  const db = new EventEmitter();
  const reach = createReach(db as unknown as Database);
  const hrtime = process.hrtime.bigint();
  let sinceMs = 0;
  const clock = vi.spyOn(process.hrtime, "bigint").mockImplementation(() => hrtime + BigInt(sinceMs) * 1_000_000n);
  const silentAt = (ms: number): number => {
    sinceMs = ms;
    return reach.silentMs();
  };
  expect(silentAt(1_000)).toBe(0);
  reach.ask();
  reach.ask();
  expect(silentAt(6_000)).toBe(5_000);
  db.emit("release", new Error("Query read timeout"));
  expect(silentAt(7_000)).toBe(6_000);
  db.emit("release", undefined);
  expect(silentAt(7_500)).toBe(500);
  reach.rest();
  db.emit("release", undefined);
  expect(silentAt(9_000)).toBe(0);
  clock.mockRestore();
});
