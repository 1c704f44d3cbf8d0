import { errorCatalogue } from "@punctual/contract";
import { expect, test } from "vitest";
import { PunctualApiError } from "../src/api-error.ts";
import { createCall } from "../src/call.ts";
import { type Scripted, startFakeServer } from "./lib/fake-server.ts";

const busyProblem = { code: "unavailable", detail: "The database is away.", status: 503, title: "", type: "", remedy: "Wait." };
const busy: Scripted = { status: 503, body: busyProblem };
const busyUntil = (retryAfter: string): Scripted => ({ status: 503, body: busyProblem, headers: { "retry-after": retryAfter } });
const jobId = "0192f3a4-5b6c-8d7e-9f01-23456789ab2c";

function recordingCall(baseUrl: string) {
  const waits: number[] = [];
  const sleep = (ms: number): Promise<void> => {
    waits.push(ms);
    return Promise.resolve();
  };
  return { waits, call: createCall({ baseUrl, apiKey: "key" }, { sleep, random: () => 0.5 }) };
}

async function failureOf(promise: Promise<unknown>): Promise<PunctualApiError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PunctualApiError)) throw new Error(`expected a PunctualApiError, got ${String(error)}`);
  return error;
}

test("a request carries key, parameters, query and body where the contract wants them", async () => {
  await using server = await startFakeServer({ status: 200, body: { ok: true } });
  const { call } = recordingCall(`${server.url}/`);
  await call("getJobByName", { params: { name: "night/report ü" } });
  await call("listJobs", { query: { label: ["a=1", "b"], limit: 2, status: undefined } });
  await call("updateJob", { params: { jobId }, body: { priority: 3 }, ifMatch: 7 });
  expect(server.seen.map((request) => request.url)).toEqual([
    "/v1/jobs/by-name/night%2Freport%20%C3%BC",
    "/v1/jobs?label=a%3D1&label=b&limit=2",
    `/v1/jobs/${jobId}`,
  ]);
  expect(server.seen[0]?.headers.authorization).toBe("Bearer key");
  expect(server.seen[2]).toMatchObject({
    method: "PATCH",
    body: { priority: 3 },
    headers: { "if-match": '"7"', "content-type": "application/json" },
  });
});

test("a problem document becomes an error with all its parts", async () => {
  const fault = { pointer: "/cron", message: "found 61", found: "61", expected: "0-59", remedy: "Use 0 to 59." };
  await using server = await startFakeServer({
    status: 422,
    body: {
      type: "t",
      title: "T",
      status: 422,
      detail: "No such minute.",
      code: "schedule_invalid",
      remedy: "Fix it.",
      requestId: "r1",
      errors: [fault],
    },
  });
  const error = await failureOf(recordingCall(server.url).call("createJob", { body: {} }));
  expect(error).toMatchObject({
    code: "schedule_invalid",
    status: 422,
    detail: "No such minute.",
    message: "No such minute.",
    remedy: "Fix it.",
    requestId: "r1",
    faults: [fault],
    retryable: false,
  });
});

test("what may be retried is what the catalogue says", async () => {
  for (const [code, definition] of Object.entries(errorCatalogue)) {
    if (definition.status === null) continue;
    const headers: { [name: string]: string } = code === "idempotency_in_flight" ? { "retry-after": "1" } : {};
    await using server = await startFakeServer({
      status: definition.status,
      body: { code, detail: "d", remedy: "r", status: definition.status },
      headers,
    });
    const error = await failureOf(recordingCall(server.url).call("deleteJob", { params: { jobId } }));
    expect([code, error.code, error.retryable]).toEqual([code, code, definition.retryable]);
  }
});

test("a read is tried three times, with growing waits", async () => {
  await using server = await startFakeServer(busy, "drop", { status: 200, body: { items: [], nextCursor: null } });
  const { call, waits } = recordingCall(server.url);
  expect(await call("listJobs")).toEqual({ items: [], nextCursor: null });
  expect(waits).toEqual([100, 200]);
});

test("a read gives up after three tries with the last failure", async () => {
  await using server = await startFakeServer(busy);
  const error = await failureOf(recordingCall(server.url).call("listJobs"));
  expect([error.code, server.seen.length]).toEqual(["unavailable", 3]);
});

test("Retry-After is obeyed, in both of its forms", async () => {
  await using server = await startFakeServer(busyUntil("7"), busyUntil(new Date(Date.now() - 1_000).toUTCString()), {
    status: 200,
    body: {},
  });
  const { call, waits } = recordingCall(server.url);
  await call("getJob", { params: { jobId } });
  expect(waits).toEqual([7_000, 0]);
});

test("a Retry-After of more than half a minute is left to the caller", async () => {
  await using server = await startFakeServer(busyUntil("31"));
  const error = await failureOf(recordingCall(server.url).call("listJobs"));
  expect([error.retryAfterMs, server.seen.length]).toEqual([31_000, 1]);
});

test("a write is repeated with an idempotency key, and never without one", async () => {
  await using keyed = await startFakeServer("drop", { status: 201, body: {} });
  await recordingCall(keyed.url).call("createJob", { body: {}, idempotencyKey: "k" });
  expect(keyed.seen.map((request) => request.headers["idempotency-key"])).toEqual(["k", "k"]);

  await using bare = await startFakeServer("drop", { status: 201, body: {} });
  const error = await failureOf(recordingCall(bare.url).call("createJob", { body: {} }));
  expect([error.code, error.status, bare.seen.length]).toEqual(["server_unreachable", null, 1]);
});

test("a refused request is not repeated", async () => {
  await using server = await startFakeServer({ status: 404, body: { code: "job_not_found", detail: "No.", remedy: "r", status: 404 } });
  await failureOf(recordingCall(server.url).call("getJob", { params: { jobId } }));
  expect(server.seen.length).toBe(1);
});

test("a server that does not listen is named, with the reason", async () => {
  const server = await startFakeServer({ status: 200 });
  await server[Symbol.asyncDispose]();
  const error = await failureOf(recordingCall(server.url).call("listJobs"));
  expect(error.detail).toBe(`${server.url} cannot be reached (ECONNREFUSED).`);
});

test("an answer that does not come in time is given up", async () => {
  const never = (_: unknown, init?: RequestInit): Promise<Response> =>
    new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason as Error)));
  const call = createCall({ baseUrl: "http://127.0.0.1", apiKey: "k", timeoutMs: 10, fetch: never });
  const error = await failureOf(call("deleteJob", { params: { jobId } }));
  expect(error.detail).toBe("http://127.0.0.1 did not answer within 0.01 s.");
});

test.each([
  [502, "unavailable"],
  [404, "route_not_found"],
  [200, "server_unreachable"],
])("a page of some proxy with status %i is an error, not an answer", async (status, code) => {
  await using server = await startFakeServer({ status, text: "<html>" });
  const error = await failureOf(recordingCall(server.url).call("deleteJob", { params: { jobId } }));
  expect(error.code).toBe(code);
  expect(error.detail).toContain(`answered ${status} (text/html) without a problem document`);
});

test("an answer without a body resolves with undefined", async () => {
  await using server = await startFakeServer({ status: 204 });
  expect(await recordingCall(server.url).call("deleteJob", { params: { jobId } })).toBeUndefined();
});
