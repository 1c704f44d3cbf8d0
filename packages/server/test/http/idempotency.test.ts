import { PunctualError } from "@punctual/contract";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { purgeExpiredAnswers } from "../../src/store/idempotency.ts";
import { addSecret, jobSigningSecret } from "../../src/store/secrets.ts";
import { type Api, goodJob, jobAnswer, operation, type Reply, someJobId, startApi, takeName } from "./fixture.ts";

const secret = "whsec_c2VjcmV0";
let api: Api;
let calls = 0;
let jobs = 0;
let gate: Promise<void> = Promise.resolve();
let keys = 0;

beforeAll(async () => {
  api = await startApi({
    createJob: operation("createJob", async (context, { body }) => {
      calls++;
      const jobId = someJobId.slice(0, -4) + String(++jobs).padStart(4, "0");
      await takeName(context, body.name ?? jobId, jobId);
      context.wake(7);
      await gate;
      if (body.name === "refused")
        throw new PunctualError("name_taken", "Another job is called refused.", { faults: [{ pointer: "/name", message: "is taken" }] });
      if (body.name === "broken") throw new TypeError("a defect");
      if (body.target.type !== "http" || body.target.signing !== "own") return { status: 201, body: jobAnswer(jobId), revision: 1 };
      await addSecret(context.db, context.cipher, context.tenantId, jobSigningSecret(jobId), secret);
      return { status: 201, body: jobAnswer(jobId, { target: body.target, signingSecret: secret }), revision: 1 };
    }),
  });
});
afterAll(() => api.stop());
beforeEach(() => {
  calls = 0;
  gate = Promise.resolve();
  api.woken.length = 0;
});

const freshKey = () => `key-${++keys}`;
const create = (key: string, job: object = goodJob, who = api.key) =>
  api.request("POST", "/v1/jobs", { json: job, key: who, headers: { "idempotency-key": `"${key}"` } });
const replayed = (reply: Reply) => reply.headers.get("idempotency-replayed") === "true";
const namesTaken = async () => (await api.database.pool.query("select name from punctual.job_names")).rows.map((row) => row.name);

describe("a request with an idempotency key", () => {
  it("is carried out once, however often it is sent, and every sender gets the same answer", async () => {
    const key = freshKey();
    const [first, second] = [await create(key), await create(key)];
    expect(calls).toBe(1);
    expect(second.text).toBe(first.text);
    expect([second.status, second.headers.get("etag")]).toEqual([201, '"1"']);
    expect([replayed(first), replayed(second)]).toEqual([false, true]);
  });

  it("makes one job of five requests at once; the others are told to wait and then get its answer", async () => {
    const key = freshKey();
    let open = (): void => undefined;
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const five = Array.from({ length: 5 }, () => create(key));
    // Four are turned away while the first is held at the gate.
    const early = await firstSettled(five, 4);
    expect(early.map((reply) => [reply.status, reply.json.code, reply.headers.get("retry-after")])).toEqual(
      Array.from({ length: 4 }, () => [409, "idempotency_in_flight", "1"]),
    );
    open();
    const made = (await Promise.all(five)).find((reply) => reply.status === 201);
    const again = await Promise.all(
      Array.from({ length: 5 }, () => create(key).then((reply) => (reply.status === 409 ? create(key) : reply))),
    );
    expect(calls).toBe(1);
    for (const reply of again.filter((one) => one.status === 201)) expect(reply.json.jobId).toBe(made?.json.jobId);
  });

  it("may have its key in the body, in quotes or bare, all being the same key", async () => {
    const key = freshKey();
    const first = await api.request("POST", "/v1/jobs", { json: { ...goodJob, idempotencyKey: key } });
    const bare = await api.request("POST", "/v1/jobs", { json: goodJob, headers: { "idempotency-key": key } });
    expect([first.status, bare.text]).toEqual([201, first.text]);
  });

  it("is refused when header and body name different keys, or a key is no key", async () => {
    const both = await api.request("POST", "/v1/jobs", { json: { ...goodJob, idempotencyKey: "a" }, headers: { "idempotency-key": "b" } });
    expect([both.status, both.json.code]).toEqual([422, "request_invalid"]);
    for (const header of ['"unclosed', '""', "a, b", `"${"a".repeat(256)}"`]) {
      const answer = await api.request("POST", "/v1/jobs", { json: goodJob, headers: { "idempotency-key": header } });
      expect([answer.status, answer.json.code], header).toEqual([422, "request_invalid"]);
    }
    expect((await api.request("POST", "/v1/jobs", { json: { ...goodJob, idempotencyKey: "\u0000" } })).status).toBe(422);
    expect(calls).toBe(0);
  });

  it("is refused when its key was used for something else, and changes nothing", async () => {
    const key = freshKey();
    await create(key);
    const other = await create(key, { ...goodJob, priority: 9 });
    expect([other.status, other.json.code]).toEqual([422, "idempotency_mismatch"]);
    const elsewhere = await api.request("POST", `/v1/jobs/${someJobId}/trigger`, { headers: { "idempotency-key": key } });
    expect(elsewhere.json.code).toBe("idempotency_mismatch");
    expect(calls).toBe(1);
  });

  it("has nothing to do with another tenant's request of the same key", async () => {
    const key = freshKey();
    const [mine, theirs] = [await create(key), await create(key, goodJob, api.foreignKey)];
    expect(theirs.json.jobId).not.toBe(mine.json.jobId);
    expect(replayed(theirs)).toBe(false);
  });

  it("has its refusal replayed too, and leaves nothing of what was refused", async () => {
    const key = freshKey();
    const [first, second] = [await create(key, { ...goodJob, name: "refused" }), await create(key, { ...goodJob, name: "refused" })];
    expect(calls).toBe(1);
    expect(second.status).toBe(409);
    expect({ ...second.json, requestId: "" }).toEqual({ ...first.json, requestId: "" });
    expect(await namesTaken()).not.toContain("refused");
  });

  it("is carried out anew after a failure of ours", async () => {
    const key = freshKey();
    expect((await create(key, { ...goodJob, name: "broken" })).status).toBe(500);
    expect((await create(key, { ...goodJob, name: "broken" })).status).toBe(500);
    expect(calls).toBe(2);
    expect(await namesTaken()).not.toContain("broken");
  });

  it("may have its key used again for another request after 24 hours", async () => {
    const key = freshKey();
    await create(key);
    await api.database.moveClock(24 * 60 * 60 * 1_000 + 1_000);
    expect((await create(key, { ...goodJob, priority: 9 })).status).toBe(201);
    await api.database.moveClock(24 * 60 * 60 * 1_000 + 1_000);
    expect(await purgeExpiredAnswers(api.database.pool)).toBeGreaterThan(0);
    const { rows } = await api.database.pool.query("select count(*)::int as left from punctual.idempotency");
    expect(rows[0].left).toBe(0);
    await api.database.resetClock();
  });

  it("wakes the engine after its commit, once a shard, and not when it is replayed", async () => {
    const key = freshKey();
    await create(key);
    expect(api.woken).toEqual([7]);
    await create(key);
    expect(api.woken).toEqual([7]);
  });

  it("does not wake the engine for what was not committed", async () => {
    await create(freshKey(), { ...goodJob, name: "refused" });
    await create(freshKey(), { ...goodJob, name: "broken" });
    expect(api.woken).toEqual([]);
  });

  it("shows a job's secret again in the replay, though the stored answer does not hold it", async () => {
    const key = freshKey();
    const job = { ...goodJob, target: { ...goodJob.target, signing: "own" }, payload: { signingSecret: "the payload's own" } };
    const [first, second] = [await create(key, job), await create(key, job)];
    expect(first.json.signingSecret).toBe(secret);
    expect(second.json).toEqual(first.json);
    const { rows } = await api.database.pool.query("select body from punctual.idempotency where key = $1", [key]);
    expect(rows[0].body).not.toContain(secret);
  });
});

/** The first `count` replies to arrive. */
function firstSettled(replies: Promise<Reply>[], count: number): Promise<Reply[]> {
  return new Promise((resolve, reject) => {
    const arrived: Reply[] = [];
    for (const reply of replies) {
      reply.then((one) => {
        if (arrived.push(one) === count) resolve([...arrived]);
      }, reject);
    }
  });
}
