import { type OperationId, type Route, routes, type Target } from "@punctual/contract";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createOperations } from "../../src/commands/index.ts";
import { checkHttpTarget } from "../../src/targets/http/check.ts";
import { emptyDesk } from "../workers/empty-desk.ts";
import { type Api, goodJob, type Reply, startApi } from "./fixture.ts";

type Document = {
  paths: {
    [path: string]: { [method: string]: { responses: { [status: string]: { content?: { [type: string]: { schema: object } } } } } };
  };
  components: { schemas: object };
};

let api: Api;
let document: Document;
let ajv: Ajv2020;
const table = Object.entries(routes) as [OperationId, Route][];
const nobody = "0192f3a4-5b6c-8d7e-9f01-23456789ab2c";

beforeAll(async () => {
  const check = (target: Target) => (target.type === "http" ? checkHttpTarget(target) : []);
  api = await startApi(
    createOperations(
      {
        check,
        originOf: (target) => (target.type === "http" ? new URL(target.url).origin : target.type),
        describe: () => null,
      },
      emptyDesk,
    ),
  );
  document = (await api.request("GET", "/openapi.json")).json as Document;
  ajv = new Ajv2020({ strict: false });
  formats.default(ajv, ["date-time", "uuid"]);
  ajv.addSchema(document, "openapi");
});
afterAll(() => api.stop());

/** What is wrong with an answer: a status that its route does not document, or a body unlike the documented one. Null when all is well. */
function complaint(route: Route, reply: Reply): string | null {
  const responses = document.paths[route.path]?.[route.method.toLowerCase()]?.responses ?? {};
  const documented = responses[reply.status];
  if (!documented)
    return `${route.method} ${route.path} answered ${reply.status} ${reply.text}, documented are ${Object.keys(responses).join(", ")}`;
  const [type] = Object.keys(documented.content ?? {});
  if (!type) return reply.text === "" ? null : `a body where none is documented: ${reply.text}`;
  if (!reply.headers.get("content-type")?.startsWith(type)) return `${reply.headers.get("content-type")} instead of ${type}`;
  const pointer = ["", "paths", route.path, route.method.toLowerCase(), "responses", String(reply.status), "content", type, "schema"]
    .map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")))
    .join("/");
  const validate = ajv.getSchema(`openapi#${pointer}`);
  return validate?.(reply.json) ? null : `${reply.text}\n${JSON.stringify(validate?.errors)}`;
}

const pathFor = (route: Route, jobId: unknown = nobody, runId: unknown = nobody) =>
  route.path.replace("{jobId}", String(jobId)).replace("{runId}", String(runId)).replace("{name}", "nobody");

describe.each(table)("%s", (_operationId, route) => {
  it("answers 401 to whoever has no key", async () => {
    const reply = await api.request(route.method, pathFor(route), { key: null, ...(route.body ? { json: {} } : {}) });
    expect(reply.status).toBe(401);
    expect(complaint(route, reply)).toBeNull();
  });

  it("documents every way in which it refuses bad input", async () => {
    const inputs = [
      { json: { nonsense: 1 } },
      { text: "{" },
      { text: "[".repeat(100) },
      { text: "x", headers: { "content-type": "text/csv" } },
      {},
    ];
    for (const input of route.method === "GET" ? [{}] : inputs) {
      expect(complaint(route, await api.request(route.method, pathFor(route), input))).toBeNull();
      expect(complaint(route, await api.request(route.method, `${pathFor(route)}?nonsense=1`, input))).toBeNull();
    }
  });
});

describe.each(table.filter(([, route]) => route.scope === "write" || route.scope === "work"))("%s", (_operationId, route) => {
  it("answers 403 to a key without its scope", async () => {
    const reply = await api.request(route.method, pathFor(route), { key: api.readOnlyKey, ...(route.body ? { json: {} } : {}) });
    expect(reply.status).toBe(403);
    expect(complaint(route, reply)).toBeNull();
  });
});

describe.each(table.filter(([, route]) => /\{(job|run)Id\}/.test(route.path) && route.scope !== "completion"))(
  "%s",
  (operationId, route) => {
    it("has nothing of another tenant's: its ids are not found, as if they did not exist", async () => {
      const mine = await api.request("POST", "/v1/jobs", { json: goodJob });
      const run = await api.request("POST", `/v1/jobs/${String(mine.json.jobId)}/trigger`);
      const bodies: { [id in OperationId]?: object } = {
        updateJob: { priority: 1 },
        noteDeadLetter: { note: null },
        createBackfill: { from: "2027-01-01T00:00:00Z", to: "2027-01-02T00:00:00Z" },
      };
      const body = bodies[operationId] ? { json: bodies[operationId] } : {};
      const query = operationId === "explainJob" ? "?at=2027-01-01T00:00:00Z" : "";
      const foreign = await api.request(route.method, pathFor(route, mine.json.jobId, run.json.runId) + query, {
        key: api.foreignKey,
        ...body,
      });
      const missing = await api.request(route.method, pathFor(route) + query, { key: api.foreignKey, ...body });
      expect([foreign.status, foreign.json.code]).toEqual([404, route.path.includes("{runId}") ? "run_not_found" : "job_not_found"]);
      expect({ ...foreign.json, requestId: "", detail: "" }).toEqual({ ...missing.json, requestId: "", detail: "" });
      expect(complaint(route, foreign)).toBeNull();
    });
  },
);

describe("a job's whole life", () => {
  it("is answered as the document says, step by step", async () => {
    const ask = async (operationId: OperationId, path: string, json: unknown, status: number) => {
      const route: Route = routes[operationId];
      const reply = await api.request(route.method, path, json === undefined ? {} : { json });
      expect([operationId, reply.status, complaint(route, reply)], reply.text).toEqual([operationId, status, null]);
      return reply;
    };
    const signed = {
      ...goodJob,
      name: "life",
      payload: { a: [1] },
      labels: { team: "billing" },
      target: { ...goodJob.target, signing: "own" },
    };
    const job = await ask("createJob", "/v1/jobs", signed, 201);
    const at = `/v1/jobs/${String(job.json.jobId)}`;
    await ask("createJob", "/v1/jobs", signed, 409);
    await ask("getJob", at, undefined, 200);
    await ask("getJobByName", "/v1/jobs/by-name/life", undefined, 200);
    await ask("listJobs", "/v1/jobs?label=team%3Dbilling&limit=1", undefined, 200);
    await ask("updateJob", at, { every: "2m", priority: 7 }, 200);
    await ask("pauseJob", `${at}/pause`, { reason: "holiday" }, 200);
    await ask("resumeJob", `${at}/resume`, undefined, 200);
    const run = await ask("triggerJob", `${at}/trigger`, { payload: "now" }, 201);
    await ask("getRun", `/v1/runs/${String(run.json.runId)}`, undefined, 200);
    await ask("listRuns", `/v1/runs?jobId=${String(job.json.jobId)}`, undefined, 200);
    await ask("listOccurrences", `${at}/occurrences?limit=3`, undefined, 200);
    await ask("cancelRun", `/v1/runs/${String(run.json.runId)}/cancel`, undefined, 200);
    await ask("cancelRun", `/v1/runs/${String(run.json.runId)}/cancel`, undefined, 409);
    await ask("retryRun", `/v1/runs/${String(run.json.runId)}/retry`, undefined, 200);
    await ask("retryRun", `/v1/runs/${String(run.json.runId)}/retry`, undefined, 409);
    await ask("runAgain", `/v1/runs/${String(run.json.runId)}/run-again`, undefined, 201);
    await ask("cancelJobRuns", `${at}/cancel`, undefined, 200);
    await ask("previewSchedule", "/v1/schedules/preview", { cron: "*/5 * * * *", timezone: "Europe/Berlin" }, 200);
    await ask("createJobsBulk", "/v1/jobs/bulk", { jobs: [goodJob, { ...goodJob, every: "0s" }, 7] }, 200);
    await ask("upsertJob", "/v1/jobs/by-name/other", goodJob, 201);
    await ask("upsertJob", "/v1/jobs/by-name/other", { ...goodJob, every: "3m" }, 200);
    await ask("putSettings", "/v1/settings", { retry: { attempts: 3 } }, 200);
    await ask("putSettings", "/v1/settings", { retry: { baseDelay: "0s" } }, 422);
    await ask("getSettings", "/v1/settings", undefined, 200);
    await ask("putSettings", "/v1/settings", {}, 200);
    await ask("deleteJob", `${at}?runs=none`, undefined, 422);
    await ask("deleteJob", `${at}?runs=cancel`, undefined, 204);
    await ask("getJob", at, undefined, 404);
  });
});

describe("a job that cannot be", () => {
  const url = "https://example.com/hook";
  const http = (extra: object) => ({ every: "1m", target: { type: "http", url, ...extra } });
  const cases: [string, object, number, string][] = [
    ["two schedules", { ...goodJob, cron: "* * * * *" }, 422, "schedule_ambiguous"],
    ["no schedule", { target: goodJob.target }, 422, "schedule_missing"],
    ["a day that never comes", { ...goodJob, every: undefined, cron: "* * 31 2 *" }, 422, "schedule_never_fires"],
    ["minute 61", { ...goodJob, every: undefined, cron: "61 * * * *" }, 422, "schedule_invalid"],
    ["an unknown zone", { ...goodJob, every: undefined, cron: "* * * * *", timezone: "Mars/Olympus" }, 422, "timezone_unknown"],
    ["no interval", { ...goodJob, every: "0s" }, 422, "duration_invalid"],
    ["a negative interval", { ...goodJob, every: "-5m" }, 422, "duration_invalid"],
    ["a time without offset", { ...goodJob, every: undefined, runAt: "2030-01-01T09:00:00" }, 422, "instant_invalid"],
    ["a URL of another scheme", http({ url: "ftp://example.com" }), 422, "target_invalid"],
    ["a header with CR and LF", http({ headers: { "x-a": "b\r\nx-evil: 1" } }), 422, "target_invalid"],
    ["a header name with LF", http({ headers: { "x-a\nb": "c" } }), 422, "target_invalid"],
    ["a payload over 256 KiB", { ...goodJob, payload: "a".repeat(256 * 1024) }, 413, "payload_too_large"],
    ["a billion attempts", { ...goodJob, retry: { attempts: 1_000_000_000 } }, 422, "request_invalid"],
    ["no growth", { ...goodJob, retry: { factor: 0 } }, 422, "request_invalid"],
    ["a negative growth", { ...goodJob, retry: { factor: -2 } }, 422, "request_invalid"],
    ["an unknown backoff", { ...goodJob, retry: { backoff: "fibonacci" } }, 422, "request_invalid"],
    ["an empty list of delays", { ...goodJob, retry: { backoff: [] } }, 422, "request_invalid"],
    ["a retry of what was cancelled", { ...goodJob, retry: { retryOn: { classes: ["cancelled"] } } }, 422, "request_invalid"],
    ["a retry of what succeeded", { ...goodJob, retry: { retryOn: { statusCodes: [200] } } }, 422, "request_invalid"],
    ["a factor with a list", { ...goodJob, retry: { backoff: ["1m"], factor: 2 } }, 422, "request_invalid"],
    ["a delay of a year", { ...goodJob, retry: { baseDelay: "8760h" } }, 422, "duration_invalid"],
    ["an unknown field", { ...goodJob, schedule: "1m" }, 422, "request_invalid"],
  ];
  it.each(cases)("is refused: %s", async (_what, job, status, code) => {
    const reply = await api.request("POST", "/v1/jobs", { json: job });
    expect([reply.status, reply.json.code, reply.json.detail]).toEqual([status, code, expect.any(String)]);
    expect(complaint(routes.createJob, reply)).toBeNull();
  });

  it("nor is a page found with a forged cursor", async () => {
    for (const list of ["/v1/jobs", "/v1/runs", `/v1/jobs/${nobody}/occurrences`]) {
      for (const cursor of ["AAAA", "%7B%22a%22%3A1%7D", "eyJpZCI6MX0"]) {
        const reply = await api.request("GET", `${list}?cursor=${cursor}`);
        expect(["cursor_invalid", "job_not_found"], `${list} ${cursor} ${reply.text}`).toContain(reply.json.code);
      }
    }
  });
});
