import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { queueKey, shardOf, shardOfQueue } from "../../src/model/ids.ts";
import { claimFromQueue } from "../../src/store/queue-claims.ts";
import { startMs } from "../store/fixture.ts";
import { hook, type Office, openOffice } from "./fixture.ts";

let office: Office;
let stranger: number;
let node: number;
beforeAll(async () => {
  office = await openOffice();
  stranger = await office.addTenant("stranger");
  node = await office.addNode();
});
afterAll(() => office.database.drop());

const put = (name: string, body: object = {}) => office.ask("putQueue", { params: { name }, body });
const get = async (name: string) => (await office.ask("getQueue", { params: { name } })).body;
const placeOf = (name: string) => {
  const queue = queueKey(office.tenantId, name);
  return { shard: shardOfQueue(queue), queue };
};
const claim = (name: string, most: number) =>
  claimFromQueue(office.db, { holder: node, nodeId: node, leaveOrigins: [] }, placeOf(name), most);

/** A job of the queue with as many ready runs as wanted. */
async function addRuns(queue: string, count: number, concurrencyKey?: string): Promise<string> {
  const job = await office.create({ every: "1h", queue, ...(concurrencyKey !== undefined && { concurrencyKey }) });
  for (let run = 0; run < count; run++) await office.ask("triggerJob", { params: { jobId: job.jobId } });
  return job.jobId;
}

/** Who asked for something impossible is told where and what to do. */
async function faultsOf(body: object): Promise<unknown> {
  try {
    await put("bad", body);
  } catch (error) {
    return (error as { faults: unknown }).faults;
  }
  throw new Error("it was accepted");
}

describe("a queue's settings", () => {
  test("are made, replaced as a whole, read and listed; a job makes its queue without limits", async () => {
    const made = await put("mail", { concurrency: 5, rate: { limit: 100, period: "PT1M" } });
    expect(made).toMatchObject({
      status: 201,
      body: { name: "mail", status: "active", concurrency: 5, keyConcurrency: null, rate: { limit: 100, period: "1m", burst: 100 } },
    });
    const replaced = await put("mail", { keyConcurrency: 1 });
    expect(replaced).toMatchObject({ status: 200, body: { concurrency: null, keyConcurrency: 1, rate: null } });
    const job = await office.create({ every: "1h", queue: "made.by-job" });
    expect(shardOf(job.jobId)).toBe(placeOf("made.by-job").shard);
    expect(await get("made.by-job")).toMatchObject({ concurrency: null, rate: null, depth: { count: 0, isExact: true }, blocked: null });
    const { items } = (await office.ask("listQueues", {})).body;
    expect(items.map(({ name }) => name)).toEqual(["made.by-job", "mail"]);
  });

  test("are listed page by page, and by the beginning of their names", async () => {
    for (const name of ["page_1", "page_2", "page_3", "pages"]) await put(name);
    const first = (await office.ask("listQueues", { query: { namePrefix: "page_", limit: 2 } })).body;
    expect(first.items.map(({ name }) => name)).toEqual(["page_1", "page_2"]);
    const cursor = first.nextCursor ?? "";
    const second = (await office.ask("listQueues", { query: { namePrefix: "page_", limit: 2, cursor } })).body;
    expect([second.items.map(({ name }) => name), second.nextCursor]).toEqual([["page_3"], null]);
    expect(await office.refusalOf("listQueues", { query: { cursor } })).toBe("cursor_invalid");
  });

  test("of zero are refused, with the way to pause it", async () => {
    const remedy = expect.stringContaining("pause the queue") as string;
    expect(await faultsOf({ concurrency: 0, keyConcurrency: 0, rate: { limit: 0, period: "1s", burst: 0 } })).toMatchObject(
      ["/concurrency", "/keyConcurrency", "/rate/limit", "/rate/burst"].map((pointer) => ({ pointer, found: "0", remedy })),
    );
    expect(await faultsOf({ rate: { limit: 1, period: "500ms" } })).toMatchObject([{ pointer: "/rate/period", expected: "1s to 1d" }]);
    expect(await faultsOf({ rate: { limit: 1, period: "soon" } })).toMatchObject([{ pointer: "/rate/period" }]);
    expect(await office.refusalOf("getQueue", { params: { name: "bad" } })).toBe("queue_not_found");
  });

  test("of another tenant cannot be seen or changed, and its queue of the same name is another", async () => {
    await put("ours", { concurrency: 3 });
    for (const id of ["getQueue", "pauseQueue", "resumeQueue", "deleteQueue"] as const) {
      expect(await office.refusalOf(id, { params: { name: "ours" } }, stranger), id).toBe("queue_not_found");
    }
    expect((await office.ask("putQueue", { params: { name: "ours" }, body: {} }, stranger)).status).toBe(201);
    expect(await get("ours")).toMatchObject({ concurrency: 3, status: "active" });
  });

  test("changed between a claim's count and its lock make it take nothing: claims and settings are told apart by the same number", async () => {
    await put("counted", { concurrency: 3 });
    const before = await office.rows<{ claims: string }>("select claims from punctual.queues where name = 'counted'");
    await put("counted", { concurrency: 1 });
    await office.ask("pauseQueue", { params: { name: "counted" } });
    const after = await office.rows<{ claims: string }>("select claims from punctual.queues where name = 'counted'");
    expect(Number(after[0]?.claims) - Number(before[0]?.claims)).toBe(2);
  });

  test("keep the tokens that are left when the rate changes", async () => {
    const rate = { limit: 10, period: "10m" };
    await put("tokens", { rate });
    await addRuns("tokens", 20);
    expect((await claim("tokens", 8)).runs).toHaveLength(8);
    await put("tokens", { rate: { ...rate, burst: 20 } });
    expect((await claim("tokens", 20)).runs).toHaveLength(2);
  });
});

describe("a queue is deleted", () => {
  test("only when no job names it, in its target or as its queue", async () => {
    await put("used");
    const job = await office.create({ every: "1h", queue: "used" });
    const worker = await office.create({ every: "1h", target: { type: "worker", queue: "used" } });
    // A header of that name and value is no queue.
    await office.create({ every: "1h", queue: "used_too", target: { ...hook, headers: { queue: "used" } } });
    await expect(office.ask("deleteQueue", { params: { name: "used" } })).rejects.toThrow("2 jobs name the queue used.");
    for (const { jobId } of [job, worker]) await office.ask("deleteJob", { params: { jobId } });
    expect((await office.ask("deleteQueue", { params: { name: "used" } })).status).toBe(204);
    expect(await office.refusalOf("deleteQueue", { params: { name: "used" } })).toBe("queue_not_found");
  });
});

describe("why the head waits", () => {
  test("pausing tells its reason, and wakes nobody; resuming wakes the owner of its shard", async () => {
    await addRuns("halted", 2);
    office.woken.length = 0;
    await office.ask("pauseQueue", { params: { name: "halted" }, body: { reason: "provider is down" } });
    expect(office.woken).toEqual([]);
    expect(await get("halted")).toMatchObject({
      status: "paused",
      pauseReason: "provider is down",
      depth: { count: 2, isExact: true },
      oldestWaitingAt: new Date(startMs).toISOString(),
      blocked: { reason: "paused", message: "The queue is paused: provider is down" },
    });
    await office.ask("resumeQueue", { params: { name: "halted" } });
    expect(office.woken).toEqual([placeOf("halted").shard]);
    expect(await get("halted")).toMatchObject({ status: "active", pauseReason: null, blocked: null });
  });

  test("is its concurrency", async () => {
    await put("narrow", { concurrency: 2 });
    await addRuns("narrow", 3);
    await claim("narrow", 10);
    expect(await get("narrow")).toMatchObject({
      depth: { count: 1 },
      running: { count: 2, isExact: true },
      blocked: { reason: "concurrency", message: "2 of its runs are under way, and its concurrency is 2." },
    });
  });

  test("is its rate, and when the next may begin", async () => {
    await put("slow", { rate: { limit: 2, period: "1m", burst: 1 } });
    await addRuns("slow", 2);
    await claim("slow", 10);
    expect((await get("slow")).blocked).toEqual({
      reason: "rate",
      message: "Its rate of 2 a 1m is used up; the next run may begin in 30s.",
    });
  });

  test("is the limit of every key that has ready runs, and not of one alone", async () => {
    await put("keyed", { keyConcurrency: 1 });
    await addRuns("keyed", 2, "a");
    await claim("keyed", 10);
    expect((await get("keyed")).blocked?.reason).toBe("key_concurrency");
    await addRuns("keyed", 1, "b");
    expect((await get("keyed")).blocked).toBeNull();
  });

  test("is that no worker asks, or that no slot is free, once it has waited for two seconds", async () => {
    await addRuns("pushed", 1);
    const { jobId } = await office.create({ every: "1h", target: { type: "worker", queue: "pulled" } });
    await office.ask("triggerJob", { params: { jobId } });
    expect([(await get("pushed")).blocked, (await get("pulled")).blocked]).toEqual([null, null]);
    await office.database.moveClock(2_000);
    expect([(await get("pushed")).blocked?.reason, (await get("pulled")).blocked?.reason]).toEqual(["slots", "no_worker"]);
  });

  test("counts runs that wait for a retry or are held apart from those that are ready", async () => {
    await addRuns("apart", 3);
    await office.rows(
      "update punctual.live_runs set state = 'waiting', held = 'breaker', due_at = punctual.clock() + interval '1 minute' where run_id = (select run_id from punctual.live_runs where queue = $1 limit 1)",
      [placeOf("apart").queue],
    );
    expect(await get("apart")).toMatchObject({ depth: { count: 2 }, waiting: { count: 1, isExact: true } });
  });

  test("stays cheap to ask of a long queue: counting ends, and says so", async () => {
    const { shard, queue } = placeOf("long");
    await put("long");
    await office.rows(
      `insert into punctual.live_runs (shard, run_id, job_id, tenant_id, revision, state, kind, priority, origin, nominal_at, due_at, attempt, queue)
       select $1, gen_random_uuid(), gen_random_uuid(), 1, 1, 'ready', 'scheduled', 4, 1, now(), now(), 0, $2 from generate_series(1, 10001)`,
      [shard, queue],
    );
    expect((await get("long")).depth).toEqual({ count: 10_000, isExact: false });
  });
});
