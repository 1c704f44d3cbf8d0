import { createClient } from "@punctual/client";
import { expect, test } from "vitest";
import { importJobs } from "../../src/crontab/import.ts";
import type { CrontabJob } from "../../src/crontab/jobs.ts";

const jobs: CrontabJob[] = ["a", "b", "c"].map((name, index) => ({
  line: index + 1,
  name,
  body: { cron: "* * * * *", target: { type: "http", url: "http://h/" } },
}));

/** A client whose server gives these answers, in order, to one request after the other. */
function clientOf(...answers: { status: number; body: unknown }[]) {
  const answer = (): Promise<Response> => {
    const { status, body } = answers.shift() ?? { status: 500, body: {} };
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  };
  return createClient({ baseUrl: "http://127.0.0.1", apiKey: "k", fetch: answer });
}

const missing = { status: 404, body: { code: "job_not_found", detail: "No.", remedy: "r" } };
const made = (jobId: string) => ({ status: 201, body: { jobId, revision: 1 } });
const problem = (status: number, code: string) => ({ status, body: { code, detail: code, remedy: "r" } });

test("a job that the server refuses does not stop the others", async () => {
  const client = clientOf(missing, made("1"), missing, problem(422, "target_invalid"), missing, made("3"));
  const imported = await importJobs(client, jobs, { dryRun: false });
  expect(imported.map(({ line, action, reason }) => [line, action, reason])).toEqual([
    [1, "create", null],
    [2, "failed", "target_invalid"],
    [3, "create", null],
  ]);
});

test.each([
  [503, "unavailable"],
  [401, "unauthorized"],
])("when the server answers %i the rest is not sent, and says so", async (status, code) => {
  const client = clientOf(missing, made("1"), missing, problem(status, code), problem(status, code));
  const imported = await importJobs(client, jobs, { dryRun: false });
  expect(imported.map(({ action, error }) => [action, error?.code])).toEqual([
    ["create", undefined],
    ["failed", code],
    ["not_sent", code],
  ]);
});

test("a plan asks and changes nothing", async () => {
  const same = { jobId: "2", revision: 1, cron: "* * * * *", target: { type: "http", url: "http://h/" } };
  const client = clientOf(missing, { status: 200, body: same }, { status: 200, body: { ...same, cron: "0 * * * *" } });
  const imported = await importJobs(client, jobs, { dryRun: true });
  expect(imported.map(({ action }) => action)).toEqual(["create", "unchanged", "update"]);
});
