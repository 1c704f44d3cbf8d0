import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { heldForMs, originsHeld, parkReady, releaseHeld } from "../../src/store/breaker-holds.ts";
import { forceBreaker, listBreakers } from "../../src/store/breaker-list.ts";
import {
  closeBreaker,
  forgetBreakers,
  healBreaker,
  openBreaker,
  readBreakers,
  reopenBreaker,
  takeProbe,
} from "../../src/store/breakers.ts";
import { fire, type NewRun } from "../../src/store/firing.ts";
import { createStore, hourMs, liveRun, minuteMs, moveOf, placement, runOf, type Store, startMs } from "./fixture.ts";

const allShards = Array.from({ length: 256 }, (_, shard) => shard);
const why = { reason: "10 of the last 10 attempts failed", firstProbeMs: 5_000 };
const next = { delayMs: 5_000, everyMs: 10_000 };
let store: Store;
let lastOrigin = 100;
beforeAll(async () => {
  store = await createStore();
});
afterAll(() => store.database.drop());

/** A breaker of an origin of its own, and how it is now. */
const ofNewOrigin = () => ({ tenantId: store.tenantId, origin: ++lastOrigin, target: `https://${lastOrigin}.example.com` });
type At = ReturnType<typeof ofNewOrigin>;
const read = async ({ tenantId, origin }: At) =>
  (await readBreakers(store.db)).find((row) => row.origin === origin && row.tenant_id === tenantId);
const seen = async (of: At) => ({ ...of, epoch: (await read(of))?.epoch ?? 0 });
const opened = async (): Promise<At> => {
  const at = ofNewOrigin();
  await openBreaker(store.db, at, why);
  return at;
};

/** Runs of an origin, fired in the given state. @returns their ids */
async function runsOf({ origin }: At, count: number, change: (index: number) => Partial<NewRun> = () => ({})): Promise<string[]> {
  const jobs = await store.addJobs(count);
  const runs = jobs.map((job, index) => runOf(job, { state: "ready", placement: { ...placement, origin }, ...change(index) }));
  await fire(
    store.db,
    null,
    jobs.map((job) => moveOf(job)),
    runs,
  );
  return runs.map((run) => run.runId);
}
const heldRun = { state: "waiting", held: "breaker" } as const;

describe("a breaker", () => {
  test("is opened by one of two nodes that both see its target fail", async () => {
    const at = ofNewOrigin();
    const both = await Promise.all([openBreaker(store.db, at, why), openBreaker(store.db, at, why)]);
    expect(both.sort((a, b) => Number(a) - Number(b))).toEqual([false, true]);
    expect(await read(at)).toMatchObject({ state: "open", target: at.target, probe_in_ms: 5_000, probe_every_ms: 5_000 });
  });

  test("gives the right to a probe to one of two nodes, once it is due, and again when that one never comes back", async () => {
    const at = await opened();
    expect(await takeProbe(store.db, await seen(at), next)).toBe(false);
    await store.database.moveClock(5_000);
    const both = await Promise.all([takeProbe(store.db, await seen(at), next), takeProbe(store.db, await seen(at), next)]);
    expect(both.sort((a, b) => Number(a) - Number(b))).toEqual([false, true]);
    await store.database.moveClock(5_000);
    expect(await takeProbe(store.db, await seen(at), next)).toBe(true);
  });

  test("heals, fails again with its probes as far apart as they were, and closes only when it recovers", async () => {
    const at = await opened();
    expect(await closeBreaker(store.db, await seen(at))).toBe(false);
    await store.database.moveClock(5_000);
    await takeProbe(store.db, await seen(at), next);
    expect(await healBreaker(store.db, await seen(at))).toBe(true);
    expect(await read(at)).toMatchObject({ state: "recovering", healed_for_ms: 0 });
    expect(await reopenBreaker(store.db, await seen(at), "again")).toBe(true);
    expect(await read(at)).toMatchObject({ state: "open", probe_in_ms: 10_000, healed_for_ms: null });
    await healBreaker(store.db, await seen(at));
    expect(await closeBreaker(store.db, await seen(at))).toBe(true);
    expect(await read(at)).toMatchObject({ state: "closed" });
  });

  test("does not change for a node that has not seen its last change", async () => {
    const at = await opened();
    const stale = await seen(at);
    await healBreaker(store.db, stale);
    expect(await reopenBreaker(store.db, stale, "late")).toBe(false);
    expect(await closeBreaker(store.db, stale)).toBe(false);
    expect(await healBreaker(store.db, stale)).toBe(false);
  });

  test("that a person has forced is changed by nothing that is measured", async () => {
    const at = ofNewOrigin();
    const wish = (forced: "open" | "closed" | null) => forceBreaker(store.db, at, { forced, by: "key me", reason: null });
    await wish("closed");
    expect(await openBreaker(store.db, at, why)).toBe(false);
    await wish("open");
    expect(await healBreaker(store.db, await seen(at))).toBe(false);
    expect(await takeProbe(store.db, await seen(at), next)).toBe(false);
    expect(await read(at)).toMatchObject({ state: "open", forced: "open" });
    await wish(null);
    // Let go, it probes at once.
    expect(await takeProbe(store.db, await seen(at), next)).toBe(true);
  });

  test("is not set back by a wish that takes back none", async () => {
    const at = await opened();
    await healBreaker(store.db, await seen(at));
    await forceBreaker(store.db, at, { forced: null, by: "key me", reason: "to be sure" });
    expect(await read(at)).toMatchObject({ state: "recovering", healed_for_ms: 0 });
  });

  test("stays in every node's view for two minutes after it closed, and is forgotten a day later", async () => {
    const at = await opened();
    await healBreaker(store.db, await seen(at));
    await closeBreaker(store.db, await seen(at));
    await store.database.moveClock(119_000);
    expect(await read(at)).toBeDefined();
    await store.database.moveClock(2_000);
    expect(await read(at)).toBeUndefined();
    const stored = () => store.rows("select from punctual.breakers where origin = $1", [at.origin]);
    await forgetBreakers(store.db);
    expect(await stored()).toHaveLength(1);
    await store.database.moveClock(24 * hourMs);
    await forgetBreakers(store.db);
    expect(await stored()).toEqual([]);
  });

  test("that no run has asked for an hour is closed; one that is probed is not", async () => {
    const [idle, busy] = [await opened(), await opened()];
    await store.database.moveClock(hourMs + minuteMs);
    await takeProbe(store.db, await seen(busy), next);
    await forgetBreakers(store.db);
    expect([await read(idle), await read(busy)]).toMatchObject([{ state: "closed" }, { state: "open" }]);
  });
});

describe("runs of a breaker", () => {
  test("are parked without spending an attempt, those of the same origin key of another tenant are not", async () => {
    const at = ofNewOrigin();
    const [run = ""] = await runsOf(at, 1);
    await parkReady(store.db, allShards, [{ tenantId: store.tenantId + 1, origin: at.origin }], 100);
    const row = async () => {
      const columns = "state, held, attempt, punctual.ms(due_at) - punctual.ms(punctual.clock()) as due_in_ms";
      return (await store.rows<object>(`select ${columns} from punctual.live_runs where run_id = $1`, [run]))[0];
    };
    expect(await row()).toMatchObject({ state: "ready", held: null });
    expect(await parkReady(store.db, allShards, [at], 100)).toBe(1);
    expect(await row()).toEqual({ state: "waiting", held: "breaker", attempt: 0, due_in_ms: heldForMs });
  });

  test("are let out by priority, the newest first, over all shards", async () => {
    const at = ofNewOrigin();
    const runs = await runsOf(at, 6, (index) => ({
      ...heldRun,
      nominalMs: startMs + index * 1_000,
      placement: { ...placement, origin: at.origin, priority: index === 0 ? 9 : 4 },
    }));
    expect(await originsHeld(store.db, allShards, [at])).toEqual([at]);
    expect(await releaseHeld(store.db, allShards, [{ ...at, runs: 3 }], false)).toEqual([3]);
    const states = await Promise.all(runs.map(async (run) => (await liveRun(store, run))?.state));
    expect(states).toEqual(["ready", "waiting", "waiting", "waiting", "ready", "ready"]);
    expect(await releaseHeld(store.db, allShards, [{ ...at, runs: 50 }], false)).toEqual([3]);
    expect(await originsHeld(store.db, allShards, [at])).toEqual([]);
  });

  test("stay as long as their queue is paused, until the breaker has closed", async () => {
    const at = ofNewOrigin();
    const queue = 1_000 + at.origin;
    await runsOf(at, 1, () => ({ ...heldRun, placement: { ...placement, origin: at.origin, queue } }));
    await store.rows(
      `insert into punctual.queues (shard, queue, tenant_id, name, paused_at, created_at, updated_at)
       select shard, queue, tenant_id, 'q', now(), now(), now() from punctual.live_runs where origin = $1`,
      [at.origin],
    );
    expect(await originsHeld(store.db, allShards, [at])).toEqual([]);
    expect(await releaseHeld(store.db, allShards, [{ ...at, runs: 1 }], false)).toEqual([0]);
    expect(await releaseHeld(store.db, allShards, [{ ...at, runs: 1 }], true)).toEqual([1]);
  });

  test("are counted for people", async () => {
    const at = await opened();
    await runsOf(at, 3, () => heldRun);
    const list = await listBreakers(store.db, store.tenantId, { origin: at.origin, afterTarget: null }, 10);
    expect(list).toMatchObject([{ target: at.target, held_runs: 3, reason: why.reason }]);
    expect(await listBreakers(store.db, store.tenantId + 1, { origin: null, afterTarget: null }, 10)).toEqual([]);
  });
});
