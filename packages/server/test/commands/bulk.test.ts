import type { CreateJobBody } from "@punctual/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { at } from "../store/fixture.ts";
import { hook, type Office, openOffice } from "./fixture.ts";

let office: Office;
beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office.database.drop());

const bulk = async (jobs: unknown[]) => (await office.ask("createJobsBulk", { body: { jobs } })).body;
const good = (change: Partial<CreateJobBody> = {}) => ({ every: "1h", target: hook, ...change });

/** Each way of being wrong, with the code it gets. */
const bad: [unknown, string][] = [
  ["no object", "request_invalid"],
  [null, "request_invalid"],
  [{ ...good(), everry: "1h" }, "request_invalid"],
  [{ target: hook }, "schedule_missing"],
  [{ ...good(), cron: "* * * * *" }, "schedule_ambiguous"],
  [{ target: hook, cron: "* * 31 2 *" }, "schedule_never_fires"],
  [good({ every: "-5m" }), "duration_invalid"],
  [good({ target: { type: "http", url: "ftp://example.com" } }), "target_invalid"],
  [good({ payload: "x".repeat(300_000) }), "payload_too_large"],
  [good({ idempotencyKey: "k" }), "request_invalid"],
];
const badOne = (index: number) => at(bad, Math.floor(index / 10) % bad.length);

describe("a bulk request", () => {
  test("creates the good ones of a thousand jobs and tells each bad one's author why, in the request's order", async () => {
    const jobs = Array.from({ length: 1_000 }, (_, index) => (index % 10 === 3 ? badOne(index)[0] : good({ name: `job-${index}` })));
    const began = performance.now();
    const answer = await bulk(jobs);
    console.log(`1,000 jobs in one request: ${Math.round(performance.now() - began)} ms`);
    expect(answer).toMatchObject({ created: 900, failed: 100 });
    const told = answer.items.map((item) => item.problem?.code ?? `${item.status} ${item.job?.name}`);
    expect(told).toEqual(jobs.map((_, index) => (index % 10 === 3 ? badOne(index)[1] : `201 job-${index}`)));
    expect(await office.rows("select count(*)::int as jobs from punctual.jobs")).toEqual([{ jobs: 900 }]);
    expect(await office.rows("select count(*)::int as cursors from punctual.cursors")).toEqual([{ cursors: 900 }]);
  });

  test("with one name twice creates the first and refuses the second, and a name that is taken is refused", async () => {
    const { items } = await bulk([good({ name: "twin" }), good({ name: "other" }), good({ name: "twin" }), good({ name: "job-0" })]);
    expect(items.map((item) => item.problem?.code ?? item.status)).toEqual([201, 201, "name_taken", "name_taken"]);
  });

  test("answers what reading each job back would", async () => {
    const { items } = await bulk([
      good({ payload: { secret: 1 }, labels: { a: "b" }, priority: 9 }),
      { runAt: "2020-01-01T00:00:00Z", target: hook },
    ]);
    for (const { job } of items) {
      const stored = (await office.ask("getJob", { params: { jobId: job?.jobId ?? "" } })).body;
      delete stored.payload;
      expect(job).toEqual(stored);
    }
  });

  test("shows a secret of a job's own once, and keeps none for a job that was not created", async () => {
    const own = { ...hook, signing: "own" } as const;
    const { items } = await bulk([good({ name: "own", target: own }), good({ name: "own", target: own })]);
    expect(items[0]?.job?.signingSecret).toMatch(/^whsec_/);
    expect(items[1]).toMatchObject({ problem: { code: "name_taken" } });
    expect(await office.rows("select count(*)::int as secrets from punctual.secrets where name like 'job/%'")).toEqual([{ secrets: 1 }]);
    expect((await office.ask("getJob", { params: { jobId: items[0]?.job?.jobId ?? "" } })).body).not.toHaveProperty("signingSecret");
  });

  test("wakes the shards of jobs that are due soon, and no others", async () => {
    office.woken.splice(0);
    const { items } = await bulk([good(), { delay: "1s", target: hook }]);
    expect(office.woken).toEqual([Number.parseInt(items[1]?.job?.jobId.slice(-2) ?? "", 16)]);
  });
});
