import type { RetryBody } from "@punctual/contract";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { retryView } from "../../src/model/retry-policy.ts";
import { hook, type Office, openOffice } from "./fixture.ts";

let office: Office;
beforeAll(async () => {
  office = await openOffice();
});
beforeEach(() => set({}));
afterAll(() => office.database.drop());

const own = retryView();
const three: RetryBody = { attempts: 3, backoff: "fixed", baseDelay: "9s" };
const two: RetryBody = { backoff: ["1m"] };
const set = (body: { retry?: RetryBody }, tenantId?: number) => office.ask("putSettings", { body }, tenantId);
const get = async (jobId: string) => (await office.ask("getJob", { params: { jobId } })).body;
const upsert = async (body: object) =>
  (await office.ask("upsertJob", { params: { name: "same" }, body: { ...body, every: "1h", target: hook } })).body;

describe("a tenant's default for retry", () => {
  test("is Punctual's own until it is set, is replaced whole, and is the tenant's alone", async () => {
    const read = async (tenantId?: number) => (await office.ask("getSettings", {}, tenantId)).body;
    expect(await read()).toEqual({ retry: own });
    expect((await set({ retry: three })).body).toEqual({ retry: retryView(three) });
    expect(await read()).toEqual({ retry: retryView(three) });
    expect(await read(await office.addTenant("stranger"))).toEqual({ retry: own });
    await set({ retry: two });
    expect(await read()).toEqual({ retry: retryView(two) });
    await set({});
    expect(await read()).toEqual({ retry: own });
  });

  test("is refused as a job's own would be, at its field, and then stays as it was", async () => {
    await set({ retry: three });
    await expect(set({ retry: { backoff: ["1m"], factor: 2 } })).rejects.toMatchObject({
      code: "request_invalid",
      faults: [{ pointer: "/retry/factor" }],
    });
    await expect(set({ retry: { baseDelay: "10ms" } })).rejects.toMatchObject({ code: "duration_invalid" });
    expect((await office.ask("getSettings", {})).body).toEqual({ retry: retryView(three) });
  });

  test("is given to jobs that are created without one, singly, in bulk and by name, and to none that brings its own", async () => {
    await set({ retry: three });
    const body = { every: "1h", target: hook };
    const bulk = await office.ask("createJobsBulk", { body: { jobs: [body, { ...body, retry: two }, { ...body, retry: {} }] } });
    expect(bulk.body.items.map((item) => item.job?.retry)).toEqual([three, two, {}].map((retry) => retryView(retry)));
    expect((await office.create({ every: "1h" })).retry).toEqual(retryView(three));
    expect((await office.create({ every: "1h", retry: two })).retry).toEqual(retryView(two));
    expect((await office.create({ every: "1h", retry: {} })).retry).toEqual(own);
    expect((await upsert({})).retry).toEqual(retryView(three));
  });

  test("stands in the job's revision: another default changes no job, nor does an edit of something else", async () => {
    const before = await office.create({ every: "1h" });
    await set({ retry: three });
    const job = await office.create({ every: "1h" });
    await set({ retry: two });
    expect((await get(job.jobId)).retry).toEqual(retryView(three));
    for (const { jobId, retry } of [before, job]) {
      const { body } = await office.ask("updateJob", { params: { jobId }, body: { timeout: "7s" } });
      expect(body.retry).toEqual(retry);
    }
    const [row] = await office.rows<{ definition: string }>("select definition from punctual.job_revisions where job_id = $1", [job.jobId]);
    expect(JSON.parse(row?.definition ?? "")).toMatchObject({ retry: three });
  });

  test("is what a job falls back to whose own is taken away", async () => {
    const { jobId } = await office.create({ every: "1h", retry: two });
    const takeAway = async () => (await office.ask("updateJob", { params: { jobId }, body: { retry: null } })).body.retry;
    expect(await takeAway()).toEqual(own);
    await set({ retry: three });
    expect(await takeAway()).toEqual(retryView(three));
  });

  test("makes a new revision of a job that is put again after it changed, once", async () => {
    const { revision } = await upsert({});
    expect((await upsert({})).revision).toBe(revision);
    await set({ retry: two });
    expect(await upsert({})).toMatchObject({ revision: revision + 1, retry: retryView(two) });
    expect((await upsert({})).revision).toBe(revision + 1);
  });
});
