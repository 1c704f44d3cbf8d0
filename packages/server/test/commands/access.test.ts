import { hash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manualRunId } from "../../src/model/ids.ts";
import { minuteMs, startMs } from "../store/fixture.ts";
import { hook, type Office, openOffice, runsOf } from "./fixture.ts";

let office: Office;
let stranger: number;
beforeAll(async () => {
  office = await openOffice();
  stranger = await office.addTenant("stranger");
});
afterAll(() => office.database.drop());

describe("another tenant's job is not found", () => {
  const requests = (jobId: string, name: string) =>
    [
      ["getJob", { params: { jobId } }],
      ["updateJob", { params: { jobId }, body: { every: "2h" } }],
      ["deleteJob", { params: { jobId } }],
      ["pauseJob", { params: { jobId } }],
      ["resumeJob", { params: { jobId } }],
      ["triggerJob", { params: { jobId } }],
      ["cancelJobRuns", { params: { jobId } }],
      ["listOccurrences", { params: { jobId } }],
      ["getJobByName", { params: { name } }],
    ] as const;

  test("whatever is asked of it, and stays as it is", async () => {
    const job = await office.create({ name: "mine", every: "1h" });
    for (const [id, request] of requests(job.jobId, "mine"))
      expect(await office.refusalOf(id, request as never, stranger), id).toBe("job_not_found");
    expect((await office.ask("getJob", { params: { jobId: job.jobId } })).body).toEqual(job);
    expect(await runsOf(office, job.jobId)).toEqual([]);
  });

  test("in lists, and its name is free", async () => {
    const listed = await office.ask("listJobs", {}, stranger);
    expect(listed.body).toEqual({ items: [], nextCursor: null });
    const twin = await office.ask("createJob", { body: { name: "mine", every: "1h", target: hook } }, stranger);
    expect(twin.status).toBe(201);
  });

  test("nor are its runs", async () => {
    const job = await office.create({ every: "1h" });
    const { body: run } = await office.ask("triggerJob", { params: { jobId: job.jobId } });
    for (const id of ["getRun", "cancelRun"] as const)
      expect(await office.refusalOf(id, { params: { runId: run.runId } }, stranger)).toBe("run_not_found");
    expect((await office.ask("listRuns", { query: { jobId: job.jobId } }, stranger)).body.items).toEqual([]);
    expect((await office.ask("getRun", { params: { runId: run.runId } })).body.status).toBe("ready");
  });

  test("and one that never was looks the same", async () => {
    const jobId = "0192f3a4-5b6c-8d7e-9f01-23456789ab2c";
    for (const [id, request] of requests(jobId, "nobody")) expect(await office.refusalOf(id, request as never), id).toBe("job_not_found");
  });
});

describe("an id", () => {
  test("may be written in capitals", async () => {
    const job = await office.create({ every: "1h" });
    const jobId = job.jobId.toUpperCase();
    expect((await office.ask("getJob", { params: { jobId } })).body.jobId).toBe(job.jobId);
    expect((await office.ask("updateJob", { params: { jobId }, body: { timeout: "7s" } })).body.revision).toBe(2);
    const { body: run } = await office.ask("triggerJob", { params: { jobId } });
    expect((await office.ask("getRun", { params: { runId: run.runId.toUpperCase() } })).body.runId).toBe(run.runId);
    expect((await office.ask("listRuns", { query: { jobId } })).body.items).toHaveLength(1);
    expect((await office.ask("deleteJob", { params: { jobId } })).status).toBe(204);
  });
});

describe("triggering and cancelling", () => {
  test("a trigger makes a ready run now, also of a paused job, and wakes its shard", async () => {
    const job = await office.create({ every: "1h", payload: { a: 1 } });
    await office.ask("pauseJob", { params: { jobId: job.jobId } });
    office.woken.splice(0);
    const { status, body } = await office.ask("triggerJob", { params: { jobId: job.jobId }, body: { payload: { b: 2 } } });
    expect({ status, body }).toMatchObject({
      status: 201,
      body: { kind: "manual", status: "ready", attempt: 0, nominalAt: "2027-03-01T09:00:00.000Z" },
    });
    expect(office.woken).toEqual([Number.parseInt(job.jobId.slice(-2), 16)]);
    expect(await office.rows("select payload from punctual.live_runs where run_id = $1", [body.runId])).toEqual([{ payload: '{"b":2}' }]);
  });

  test("two triggers within a millisecond are two runs", async () => {
    const job = await office.create({ every: "1h" });
    await Promise.all([1, 2].map(() => office.ask("triggerJob", { params: { jobId: job.jobId } })));
    expect(await runsOf(office, job.jobId)).toHaveLength(2);
  });

  test("a cancelled run ends once; cancelling it again tells how it ended", async () => {
    const job = await office.create({ every: "1h" });
    const { body: run } = await office.ask("triggerJob", { params: { jobId: job.jobId } });
    expect((await office.ask("cancelRun", { params: { runId: run.runId } })).body).toMatchObject({
      status: "cancelled",
      reason: "cancelled by key test (k1)",
      endedBy: "key test (k1)",
    });
    expect(await office.refusalOf("cancelRun", { params: { runId: run.runId } })).toBe("run_already_ended");
    expect((await office.ask("getRun", { params: { runId: run.runId } })).body.attempts).toEqual([]);
  });

  test("a reason is kept, after the name of who asked; nothing of a run that had not begun was seen by its target", async () => {
    const job = await office.create({ every: "1h" });
    const trigger = async () => (await office.ask("triggerJob", { params: { jobId: job.jobId } })).body.runId;
    const [one, two] = [await trigger(), await trigger()];
    const { body } = await office.ask("cancelRun", { params: { runId: one }, body: { reason: "wrong customer" } });
    expect(body).toMatchObject({ reason: "cancelled by key test (k1): wrong customer", endedBy: "key test (k1)", attempt: 0 });
    await office.ask("cancelJobRuns", { params: { jobId: job.jobId }, body: { reason: "all of them" } });
    expect((await office.ask("getRun", { params: { runId: two } })).body).toMatchObject({
      ...{ status: "cancelled", reason: "cancelled by key test (k1): all of them", endedBy: "key test (k1)" },
      targetMayHaveSeen: false,
    });
  });

  test("all runs of a job can be cancelled, and its schedule goes on", async () => {
    const job = await office.create({ cron: "* * * * *" });
    for (let count = 0; count < 3; count++) await office.ask("triggerJob", { params: { jobId: job.jobId } });
    expect((await office.ask("cancelJobRuns", { params: { jobId: job.jobId } })).body).toEqual({ cancelled: 3, cancelling: 0 });
    expect((await office.ask("getJob", { params: { jobId: job.jobId } })).body).toMatchObject({
      status: "active",
      nextRunAt: job.nextRunAt,
    });
  });

  test("a run that does not exist is not found", async () => {
    expect(
      await office.refusalOf("cancelRun", { params: { runId: manualRunId("0192f3a4-5b6c-8d7e-9f01-23456789ab2c", startMs, "x") } }),
    ).toBe("run_not_found");
  });
});

describe("a page's cursor", () => {
  const pageOf = async (query: object, cursor?: string) =>
    (await office.ask("listJobs", { query: { limit: 1, ...query, ...(cursor && { cursor }) } })).body;

  test("leads on to the next page of the same list, and to no other list, filter or tenant", async () => {
    const first = await pageOf({});
    const cursor = first.nextCursor ?? "";
    expect((await pageOf({}, cursor)).items[0]?.jobId).not.toBe(first.items[0]?.jobId);
    const refused = { query: { limit: 1, cursor } };
    expect(await office.refusalOf("listJobs", refused, stranger)).toBe("cursor_invalid");
    expect(await office.refusalOf("listJobs", { query: { ...refused.query, status: "active" } })).toBe("cursor_invalid");
    expect(await office.refusalOf("listRuns", refused)).toBe("cursor_invalid");
  });

  test("that was forged is refused, also with a correct checksum", async () => {
    const sealed = (list: string, filters: unknown, key: string) =>
      Buffer.from(`${key}.${hash("sha256", `${JSON.stringify([office.tenantId, list, filters])}/${key}`).slice(0, 16)}`).toString(
        "base64url",
      );
    const genuine = (await pageOf({})).nextCursor ?? "";
    for (const cursor of [
      "x",
      "AAAA",
      `${genuine}A`,
      genuine.slice(1),
      sealed("jobs", { labels: [] }, "no uuid"),
      sealed("jobs", { labels: [] }, "'; drop"),
    ]) {
      expect(await office.refusalOf("listJobs", { query: { cursor } }), cursor).toBe("cursor_invalid");
    }
    expect(await office.refusalOf("listRuns", { query: { cursor: sealed("runs", {}, "no uuid") } })).toBe("cursor_invalid");
    const job = await office.create({ every: "1h" });
    const cursor = sealed("occurrences", [job.jobId, undefined, undefined], "NaN");
    expect(await office.refusalOf("listOccurrences", { params: { jobId: job.jobId }, query: { cursor } })).toBe("cursor_invalid");
  });
});

describe("lists", () => {
  test("of jobs and runs page through everything once, newest first", async () => {
    const seen: string[] = [];
    for (let cursor: string | undefined | null; cursor !== null; ) {
      const { body } = await office.ask("listJobs", { query: { limit: 2, ...(cursor && { cursor }) } });
      seen.push(...body.items.map((job) => job.jobId));
      cursor = body.nextCursor;
    }
    const all = await office.rows<{ job_id: string }>("select job_id from punctual.jobs where tenant_id = $1 order by job_id desc", [
      office.tenantId,
    ]);
    expect(seen).toEqual(all.map((row) => row.job_id));
  });

  test("of jobs by the beginning of a name page through them by name, whatever the names are made of", async () => {
    const names = [
      "by-name 1",
      "by-name Z",
      "by-name a",
      `by-name ${"€".repeat(190)}`,
      `by-name ${"🎈".repeat(90)}`,
      `by-name ${"🎈".repeat(192)}`,
    ];
    for (const name of [...names].reverse()) await office.create({ every: "1h", name });
    const seen: (string | null)[] = [];
    for (let cursor: string | undefined | null; cursor !== null; ) {
      const { body } = await office.ask("listJobs", { query: { limit: 1, namePrefix: "by-name", ...(cursor && { cursor }) } });
      seen.push(...body.items.map((job) => job.name));
      cursor = body.nextCursor;
    }
    expect(seen).toEqual(names);
  });

  test("refuse filters that say nothing", async () => {
    expect(await office.refusalOf("listJobs", { query: { label: ["=x"] } })).toBe("request_invalid");
    expect(await office.refusalOf("listJobs", { query: { nextRunFrom: "tomorrow" } })).toBe("instant_invalid");
    expect(await office.refusalOf("listRuns", { query: { from: "2027-03-01T09:00:00" } })).toBe("instant_invalid");
  });

  test("of runs take a status and a range of nominal times", async () => {
    const job = await office.create({ cron: "* * * * *" });
    await office.database.moveClock(5 * minuteMs);
    await office.engineLooks();
    const range = { jobId: job.jobId, from: "2027-03-01T09:02:00Z", to: "2027-03-01T09:04:00Z" };
    const { body } = await office.ask("listRuns", { query: { ...range, status: ["ready"] } });
    expect(body.items.map((run) => run.nominalAt)).toEqual(["2027-03-01T09:03:00.000Z", "2027-03-01T09:02:00.000Z"]);
    expect((await office.ask("listRuns", { query: { ...range, status: ["dead"] } })).body.items).toEqual([]);
  });
});
