import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Cluster, startCluster, type TestNode } from "./cluster.ts";

let cluster: Cluster;
let target: Receiver;
let healthy: Receiver;
beforeEach(async () => {
  [cluster, target, healthy] = await Promise.all([startCluster(), startReceiver(), startReceiver()]);
});
afterEach(async () => {
  await cluster.stop();
  await Promise.all([target.stop(), healthy.stop()]);
});

const once = (receiver: Receiver, more: object = {}) => ({
  runAt: new Date(Date.now() - 1_000).toISOString(),
  target: { type: "http" as const, url: receiver.url },
  retry: { attempts: 6, backoff: ["1s"] },
  ...more,
});
const createMany = (count: number, receiver: Receiver, on?: TestNode, more?: object) =>
  Promise.all(Array.from({ length: count }, () => cluster.createJob(once(receiver, more), on && { on })));
const breaker = async () => (await cluster.ask("listBreakers", { query: { target: target.url } })).body.items[0];
const force = (state: "open" | "closed" | "auto") => cluster.ask("forceBreaker", { body: { target: `${target.url}/any/path`, state } });
const counts = async () => {
  const [row] = await cluster.rows<{ held: number; live: number; attempts: number }>(
    `select count(*) filter (where held = 'breaker')::int as held, count(*)::int as live, (select count(*)::int from punctual.all_attempts) as attempts
     from punctual.live_runs`,
  );
  return row ?? { held: 0, live: 0, attempts: 0 };
};
/** All runs of `target` that are live are held, and every request was answered. */
const allHeld = (count: number) => eventually(async () => (await counts()).held >= count, { timeoutMs: 10_000 });

/** Opens the breaker by failing, with many runs behind it. */
async function openByFailing(on: TestNode, runs: number): Promise<void> {
  target.answer({ status: 503 });
  await createMany(runs, target, on);
  await eventually(async () => (await breaker())?.state === "open", { timeoutMs: 10_000 });
  await allHeld(runs);
}

it("a target that is down gets probes only, from one node of three, and no run that waits spends an attempt", async () => {
  const nodes = await Promise.all([
    cluster.start({ slotsPerOrigin: 5 }),
    cluster.start({ slotsPerOrigin: 5 }),
    cluster.start({ slotsPerOrigin: 5 }),
  ]);
  await cluster.settled(...nodes);
  const [first] = nodes;
  await openByFailing(first, 60);
  const requests = target.requests.length;
  expect(requests).toBeLessThan(60);
  expect((await counts()).attempts).toBe(requests);
  expect(await breaker()).toMatchObject({
    target: target.url,
    heldRuns: 60,
    reason: expect.stringMatching(/attempts failed, the last one with status 503/),
  });
  await createMany(20, target, first);
  await allHeld(80);
  expect(target.requests).toHaveLength(requests);
  for (const probes of [1, 2]) {
    await cluster.database.moveClock(15_000);
    await target.waitFor(requests + probes);
    await eventually(async () => (await counts()).attempts === requests + probes);
  }
  expect(target.requests).toHaveLength(requests + 2);
});

it("other targets of the same tenant are not touched", async () => {
  const node = await cluster.start({ slotsPerOrigin: 5 });
  await openByFailing(node, 30);
  const before = target.requests.length;
  await createMany(30, healthy, node);
  await healthy.waitFor(30);
  expect(target.requests).toHaveLength(before);
});

it("a target that heals gets its runs at a rising pace, the newest first, and then all is as before", async () => {
  const nodes = await Promise.all([cluster.start(), cluster.start()]);
  await cluster.settled(...nodes);
  await openByFailing(nodes[0], 150);
  const before = target.requests.length;
  target.answer({});
  await cluster.database.moveClock(6_000);
  await eventually(async () => (await breaker())?.state === "recovering", { timeoutMs: 10_000 });
  expect((await counts()).held).toBeGreaterThan(130);
  await cluster.createJob(once(target, { runAt: new Date().toISOString(), payload: "live" }), { on: nodes[1] });
  await target.waitFor((requests) => requests.some(({ body }) => body === "live"), { timeoutMs: 3_000 });
  expect((await counts()).held).toBeGreaterThan(50);
  await eventually(async () => (await counts()).live === 0, { timeoutMs: 60_000 });
  const arrivals = target.requests.slice(before).map(({ receivedAtMs }) => receivedAtMs);
  const startedMs = arrivals[0] ?? 0;
  const within = (fromMs: number, toMs: number) => arrivals.filter((ms) => ms >= startedMs + fromMs && ms < startedMs + toMs).length;
  expect(within(0, 3_000)).toBeLessThan(25);
  expect(await cluster.rows("select from punctual.finished_runs where state <> 'succeeded'")).toEqual([]);
}, 120_000);

it("a target that fails again while it recovers is held off again after a few requests", async () => {
  const node = await cluster.start();
  await openByFailing(node, 60);
  target.answer({});
  await cluster.database.moveClock(6_000);
  await eventually(async () => (await breaker())?.state === "recovering", { timeoutMs: 10_000 });
  const before = target.requests.length;
  target.answer({ status: 500 });
  await eventually(async () => (await breaker())?.state === "open", { timeoutMs: 10_000 });
  expect(target.requests.length - before).toBeLessThan(15);
  expect((await breaker())?.reason).toContain("while it recovered");
});

it("a node that dies while it probes does not leave the target shut", async () => {
  const [dying, staying] = await Promise.all([cluster.start(), cluster.start()]);
  await cluster.settled(dying, staying);
  await openByFailing(dying, 60);
  target.answer({ refuse: "hang" });
  const before = target.requests.length;
  await cluster.database.moveClock(6_000);
  await target.waitFor(before + 1);
  // Whoever of the two made it: its way to the database is cut, so that its probe is never told.
  const [prober, other] = dying.engine.gauges().running > 0 ? [dying, staying] : [staying, dying];
  prober.proxy.cut();
  target.answer({});
  await cluster.database.moveClock(15_000);
  await eventually(async () => (await breaker())?.state === "recovering", { timeoutMs: 10_000 });
  expect(other.events).toContainEqual(expect.objectContaining({ type: "breaker_changed", state: "recovering" }));
  prober.proxy.heal();
});

it("a target that was forced open gets nothing at all until it is let go; then it recovers like any other", async () => {
  const node = await cluster.start();
  const { body } = await force("open");
  expect(body).toMatchObject({ target: target.url, state: "open", forced: "open", nextProbeAt: null });
  await eventually(() => node.engine.gauges().breakersOpen === 1);
  await createMany(5, target, node);
  await allHeld(5);
  await cluster.database.moveClock(120_000);
  await createMany(1, target, node);
  await allHeld(6);
  expect(target.requests).toEqual([]);
  await force("auto");
  await target.waitFor(6, { timeoutMs: 15_000 });
});

it("a target that was forced closed gets everything, whatever is measured", async () => {
  const node = await cluster.start();
  await openByFailing(node, 30);
  await force("closed");
  await eventually(() => node.engine.gauges().breakersOpen === 0);
  const before = target.requests.length;
  await target.waitFor(before + 30, { timeoutMs: 10_000 });
  await createMany(30, target, node);
  await target.waitFor(before + 60, { timeoutMs: 10_000 });
  expect(await breaker()).toMatchObject({ state: "closed", forced: "closed", heldRuns: 0 });
});

it("runs that were held behind the back of a closed breaker are let out", async () => {
  const node = await cluster.start();
  await openByFailing(node, 30);
  target.answer({});
  await cluster.rows("update punctual.breakers set state = 'closed', changed_at = punctual.clock(), epoch = epoch + 1");
  await eventually(async () => (await counts()).live === 0, { timeoutMs: 10_000 });
  expect(node.has("breaker_changed")).toBe(true);
});

it("retries are held to a share of the target's traffic, without spending attempts, those by hand are not", async () => {
  const node = await cluster.start();
  await force("closed");
  target.answer({ status: 503 });
  await createMany(120, target, node, { retry: { attempts: 2, backoff: ["1s"] } });
  await eventually(async () => target.requests.length >= 120);
  await cluster.database.moveClock(2_000);
  const budgeted = () => cluster.rows("select from punctual.live_runs where held = 'retry_budget' and attempt = 1");
  await eventually(async () => (await budgeted()).length >= 30);
  expect(target.requests.length).toBeLessThan(120 + 100);
  const [dead] = await cluster.rows<{ run_id: string }>("select run_id from punctual.finished_runs where state = 'dead' limit 1");
  const of = () => target.requests.filter(({ headers }) => headers["webhook-id"] === dead?.run_id).length;
  const before = of();
  await cluster.ask("retryRun", { params: { runId: dead?.run_id ?? "" } }, { on: node });
  await eventually(() => of() === before + 1);
});
