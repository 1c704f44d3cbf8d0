import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, goodJob, jobAnswer, operation, someJobId, startApi } from "./fixture.ts";

let api: Api;
const bodies: unknown[] = [];
const matches: (number | null)[] = [];

beforeAll(async () => {
  api = await startApi({
    createJob: operation("createJob", async (_context, request) => {
      bodies.push(request.body);
      return { status: 201, body: jobAnswer(someJobId), revision: 1 };
    }),
    updateJob: operation("updateJob", async (_context, request) => {
      matches.push(request.ifMatch);
      return { status: 200, body: jobAnswer(someJobId, { revision: 4 }), revision: 4 };
    }),
    deleteJob: operation("deleteJob", async () => ({ status: 204, body: undefined })),
    listJobs: operation("listJobs", async (_context, request) => {
      bodies.push(request.query);
      return { status: 200, body: { items: [], nextCursor: null } };
    }),
    getJob: operation("getJob", async () => {
      throw new TypeError("password=hunter2");
    }),
    getRun: operation("getRun", async (context) => {
      await context.db.query("set local statement_timeout = 1; select pg_sleep(1)");
      throw new Error("unreachable");
    }),
  });
});
afterAll(() => api.stop());

const create = (options: Parameters<Api["request"]>[2]) => api.request("POST", "/v1/jobs", options);

describe("an answer", () => {
  it("carries its request's id, its revision and the headers that keep browsers and caches out", async () => {
    const answer = await create({ json: goodJob });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("etag")).toBe('"1"');
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    for (const name of ["server", "x-powered-by"]) expect(answer.headers.has(name)).toBe(false);
  });

  it("has no body when there is nothing to say", async () => {
    const answer = await api.request("DELETE", `/v1/jobs/${someJobId}`);
    expect([answer.status, answer.text]).toEqual([204, ""]);
  });

  it("is reported with its route and time, without ids, bodies or keys", async () => {
    const answer = await create({ json: goodJob });
    const reported = api.answered.find((one) => one.requestId === answer.headers.get("x-request-id"));
    expect(reported).toEqual({
      requestId: expect.any(String),
      method: "POST",
      route: "/v1/jobs",
      status: 201,
      durationMs: expect.any(Number),
      tenantId: api.tenantId,
    });
  });
});

describe("a refusal", () => {
  it("is a problem document whose type leads to its explanation on this server", async () => {
    const answer = await create({ json: { ...goodJob, crom: "* * * * *" } });
    expect(answer.status).toBe(422);
    expect(answer.headers.get("content-type")).toMatch("application/problem+json");
    expect(answer.json).toMatchObject({ code: "request_invalid", status: 422, requestId: answer.headers.get("x-request-id") });
    expect(answer.json.errors).toEqual([expect.objectContaining({ pointer: "/crom", remedy: 'Did you mean "cron"?' })]);
    const [page, anchor = ""] = String(answer.json.type).split("#");
    expect((await api.request("GET", page ?? "")).text).toContain(`id="${anchor}"`);
  });

  it("of a defect gives nothing away, and tells the operator everything", async () => {
    const answer = await api.request("GET", `/v1/jobs/${someJobId}`);
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain("hunter2");
    const reported = api.failed.find((one) => one.requestId === answer.json.requestId);
    expect(reported?.error).toMatchObject({ message: "password=hunter2" });
  });

  it("for want of the database says when to come again", async () => {
    const answer = await api.request("GET", `/v1/runs/${someJobId}`);
    expect([answer.status, answer.json.code]).toEqual([503, "unavailable"]);
    expect(answer.headers.get("retry-after")).toMatch(/^[0-9]+$/);
  });
});

describe("a path", () => {
  it("that leads nowhere is 404, whatever its body", async () => {
    for (const options of [{}, { text: "{broken" }, { text: "x", headers: { "content-type": "text/plain" } }]) {
      const answer = await api.request("POST", "/v2/jobs", options);
      expect([answer.status, answer.json.code]).toEqual([404, "route_not_found"]);
    }
    expect((await api.request("GET", "/v1/jobs/%zz")).json.code).toBe("route_not_found");
  });

  it("of the API names its methods when asked for another", async () => {
    const answer = await api.request("PUT", `/v1/jobs/${someJobId}`, { text: "{broken" });
    expect([answer.status, answer.json.code]).toEqual([405, "method_not_allowed"]);
    expect(answer.headers.get("allow")?.split(", ").sort()).toEqual(["DELETE", "GET", "HEAD", "PATCH"]);
    expect((await api.request("GET", "/v1/jobs/bulk")).status).toBe(405);
    expect((await api.request("OPTIONS", "/v1/jobs")).status).toBe(405);
  });

  it("takes a name of 200 characters in any script, and refuses a longer one as such", async () => {
    expect((await api.request("GET", `/v1/jobs/by-name/${encodeURIComponent("🚀".repeat(200))}`)).json.code).toBe("job_not_found");
    expect((await api.request("GET", `/v1/jobs/by-name/${"a".repeat(201)}`)).json.code).toBe("request_invalid");
    expect((await api.request("GET", "/v1/jobs/by-name/a%00b")).json.code).toBe("request_invalid");
  });

  it("takes an id only if it is one", async () => {
    const answer = await api.request("DELETE", "/v1/jobs/42");
    expect(answer.json).toMatchObject({ code: "request_invalid", errors: [expect.objectContaining({ pointer: "jobId" })] });
  });
});

describe("a query", () => {
  it("has its numbers and its repeated labels read", async () => {
    expect((await api.request("GET", "/v1/jobs?limit=7&label=team%3Dbilling&label=urgent")).status).toBe(200);
    expect(bodies.at(-1)).toEqual({ limit: 7, label: ["team=billing", "urgent"] });
  });

  it.each(["limit=0", "limit=x", "limit=1&limit=2", "status=gone", "page=2", "namePrefix=%00", "__proto__=1"])(
    "is refused: %s",
    async (query) => {
      const answer = await api.request("GET", `/v1/jobs?${query}`);
      expect([answer.status, answer.json.code]).toEqual([422, "request_invalid"]);
    },
  );
});

describe("If-Match", () => {
  it.each([
    ['"3"', 3],
    ['W/"3"', 3],
    ["3", 3],
    ["*", null],
  ])("%s names the revision %s", async (header, revision) => {
    const answer = await api.request("PATCH", `/v1/jobs/${someJobId}`, { json: { priority: 1 }, headers: { "if-match": header } });
    expect(answer.headers.get("etag")).toBe('"4"');
    expect(matches.at(-1)).toBe(revision);
  });

  it.each(['"abc"', '"-1"', '"0"', '""', '"1", "2"'])("%s was never given out, so nothing matches it", async (header) => {
    const answer = await api.request("PATCH", `/v1/jobs/${someJobId}`, { json: { priority: 1 }, headers: { "if-match": header } });
    expect([answer.status, answer.json.code]).toEqual([412, "revision_mismatch"]);
  });
});
