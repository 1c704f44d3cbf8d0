import { eventually, type Receiver, startReceiver } from "@punctual/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSlots } from "../../src/engine/slots.ts";
import { type Cluster, startCluster } from "./cluster.ts";

describe("slots", () => {
  it("are never more than there are, nor more for an origin than its share, and come back", () => {
    const slots = createSlots(3, 2);
    expect([slots.take(1), slots.take(1), slots.take(1)]).toEqual([true, true, false]);
    expect(slots.saturated()).toEqual([1]);
    expect([slots.take(2), slots.take(3)]).toEqual([true, false]);
    expect(slots.free()).toBe(0);
    slots.give(1);
    expect(slots.saturated()).toEqual([]);
    expect([slots.free(), slots.taken(), slots.take(3)]).toEqual([1, 2, true]);
  });

  it("are kept, a quarter of them, for what has only just become due, and no origin may have all of these", () => {
    const slots = createSlots(64, 64);
    const herd = Array.from({ length: 64 }, (_, origin) => slots.take(origin));
    expect(herd.filter((taken) => taken)).toHaveLength(48);
    expect([slots.free(), slots.room(99), slots.taken()]).toEqual([0, 0, 48]);
    // Of the 16 that are kept, an origin that holds two has had its part.
    expect([1, 2, 3].map(() => slots.takeForNewcomer(99))).toEqual([true, true, false]);
    expect(Array.from({ length: 20 }, (_, n) => slots.takeForNewcomer(100 + n)).filter((taken) => taken)).toHaveLength(14);
    expect(slots.taken()).toBe(64);
    for (let origin = 0; origin < 17; origin++) slots.give(origin);
    // What ends makes room for newcomers first.
    expect([slots.free(), slots.take(7), slots.takeForNewcomer(99)]).toEqual([1, true, false]);
  });
});

describe("a receiver that hangs", () => {
  let cluster: Cluster;
  let hanging: Receiver;
  let healthy: Receiver;

  beforeEach(async () => {
    [cluster, hanging, healthy] = await Promise.all([startCluster(), startReceiver(), startReceiver()]);
    hanging.answer({ refuse: "hang" });
  });
  afterEach(async () => {
    await cluster.stop();
    await Promise.all([hanging.stop(), healthy.stop()]);
  });

  const now = (receiver: Receiver) => ({ runAt: new Date().toISOString(), target: { type: "http" as const, url: receiver.url } });

  it("holds no more than its share of the slots, and another tenant's job starts within a second", async () => {
    const node = await cluster.start({ slots: 20, slotsPerOrigin: 5 });
    const other = await cluster.addTenant("other");
    await Promise.all(Array.from({ length: 60 }, () => cluster.createJob(now(hanging), { on: node })));
    await hanging.waitFor(5);
    const askedMs = performance.now();
    await cluster.createJob(now(healthy), { tenantId: other, on: node });
    await healthy.waitFor(1);
    expect(performance.now() - askedMs).toBeLessThan(1_000);
    expect(hanging.requests).toHaveLength(5);
    expect(node.engine.gauges().running).toBeLessThanOrEqual(6);
  });

  it("has its backlog worked off in order of slots once it heals, without claiming it over and over", async () => {
    const node = await cluster.start({ slots: 20, slotsPerOrigin: 2 });
    hanging.answer({ delayMs: 30 });
    await Promise.all(Array.from({ length: 60 }, () => cluster.createJob(now(hanging), { on: node })));
    await hanging.waitFor(60, { timeoutMs: 10_000 });
    await eventually(async () => (await cluster.rows("select from punctual.live_runs")).length === 0);
    const attempts = await cluster.rows<{ attempt: number }>("select attempt from punctual.finished_runs");
    expect(attempts.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 60 }, () => 1));
    expect(hanging.requests).toHaveLength(60);
  });
});

describe("a herd", () => {
  let cluster: Cluster;
  let receiver: Receiver;
  beforeEach(async () => {
    [cluster, receiver] = await Promise.all([startCluster(), startReceiver()]);
  });
  afterEach(async () => {
    await cluster.stop();
    await receiver.stop();
  });

  /** Adds so many jobs like `model` to the shard of another job, due a millisecond before it. */
  const placeBefore = (jobId: string, model: string, count: number) =>
    cluster.rows(
      `with clones as (
         select to_jsonb(j) || jsonb_build_object('shard', get_byte(uuid_send($2), 15), 'job_id', lpad(n::text, 30, '0') || right($2::text, 2)) as job
         from punctual.jobs j, generate_series(1, $3::int) n where j.job_id = $1),
       made as (insert into punctual.jobs select (jsonb_populate_record(null::punctual.jobs, job)).* from clones returning shard, job_id, tenant_id, revision)
       insert into punctual.cursors (shard, job_id, tenant_id, revision, next_at, due_at)
       select m.shard, m.job_id, m.tenant_id, m.revision, c.next_at, n.due_at - interval '1 millisecond'
       from made m, punctual.cursors c, punctual.cursors n where c.job_id = $1 and n.job_id = $2`,
      [model, jobId, count],
    );

  it("of one tenant that fills many looks lets through what another's job owes right behind it", async () => {
    const herd = 600;
    const at = (ms: number) => ({ runAt: new Date(ms).toISOString(), target: { type: "http" as const, url: receiver.url } });
    const instantMs = Date.now() - 1_000;
    const other = await cluster.addTenant("other");
    const { jobId: model } = await cluster.createJob(at(instantMs));
    const { jobId: neighbour } = await cluster.createJob(at(instantMs), { tenantId: other });
    await placeBefore(neighbour, model, herd);
    await cluster.start({ slots: 2 * herd, slotsPerOrigin: herd });
    await receiver.waitFor(herd + 2, { timeoutMs: 20_000 });
    const runs = await eventually(async () => {
      const ended = await cluster.rows<{ job_id: string }>("select job_id from punctual.finished_runs order by started_at");
      return ended.length === herd + 2 && ended;
    });
    expect(runs.findIndex((run) => run.job_id === neighbour)).toBeLessThan(herd / 2);
  });

  it("of many tenants whose targets hang, which may have every slot, leaves some to what falls due behind it", async () => {
    const hanging = await startReceiver();
    hanging.answer({ refuse: "hang" });
    const instantMs = Date.now() - 1_000;
    const at = ({ url }: Receiver) => ({ runAt: new Date(instantMs).toISOString(), target: { type: "http" as const, url } });
    const other = await cluster.addTenant("other");
    const { jobId: model } = await cluster.createJob(at(hanging));
    const { jobId: neighbour } = await cluster.createJob(at(receiver), { tenantId: other });
    await placeBefore(neighbour, model, 100);
    const tenants = await Promise.all(Array.from({ length: 20 }, (_, n) => cluster.addTenant(`herd ${n}`)));
    for (const table of ["jobs", "cursors"]) {
      const sql = `update punctual.${table} set tenant_id = ($1::int[])[1 + get_byte(uuid_send(job_id), 14) % 20] where job_id::text like '0000%'`;
      await cluster.rows(sql, [tenants]);
    }
    const node = await cluster.start({ slots: 16, slotsPerOrigin: 16 });
    await receiver.waitFor(1);
    await hanging.waitFor(12);
    await eventually(() => node.engine.gauges().running === 12);
    expect(node.engine.gauges().slotsFree).toBe(4);
    await node.stop(0);
    await hanging.stop();
  });

  it("that takes every slot there is, each tenant within its share, lets through what falls due behind it", async () => {
    const herd = 300;
    receiver.answer({ delayMs: 20 });
    const other = await cluster.addTenant("other");
    const node = await cluster.start({ slots: 4, slotsPerOrigin: 4 });
    await cluster.settled(node);
    const now = () => ({ runAt: new Date().toISOString(), target: { type: "http" as const, url: receiver.url } });
    await Promise.all(Array.from({ length: herd }, () => cluster.createJob(now(), { on: node })));
    // All are fired, and nearly all of them wait for a slot.
    await eventually(async () => (await cluster.rows("select from punctual.cursors")).length === 0);
    const { jobId: neighbour } = await cluster.createJob(now(), { tenantId: other, on: node });
    await receiver.waitFor(herd + 1, { timeoutMs: 30_000 });
    const runs = await eventually(async () => {
      const ended = await cluster.rows<{ job_id: string }>("select job_id from punctual.finished_runs order by started_at");
      return ended.length === herd + 1 && ended;
    });
    const begunBefore = runs.findIndex((run) => run.job_id === neighbour);
    expect(herd - begunBefore).toBeGreaterThan(50);
  });
});
