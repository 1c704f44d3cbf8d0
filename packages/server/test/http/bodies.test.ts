import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Api, jobAnswer, operation, someJobId, startApi } from "./fixture.ts";

let api: Api;
const bodies: unknown[] = [];

beforeAll(async () => {
  api = await startApi({
    pauseJob: operation("pauseJob", async (_context, request) => {
      bodies.push(request.body);
      return { status: 200, body: jobAnswer(someJobId, { status: "paused" }), revision: 2 };
    }),
    deleteJob: operation("deleteJob", async () => ({ status: 204, body: undefined })),
  });
});
afterAll(() => api.stop());

const create = (options: Parameters<Api["request"]>[2]) => api.request("POST", "/v1/jobs", options);

describe("a body that is refused", () => {
  const cases: [string, { text?: string; headers?: { [name: string]: string } }, number, string][] = [
    ["broken JSON", { text: '{"every":}' }, 400, "request_malformed"],
    ["no body", {}, 400, "request_malformed"],
    ["an empty body", { text: "" }, 400, "request_malformed"],
    ["an array", { text: "[]" }, 422, "request_invalid"],
    ["null", { text: "null" }, 422, "request_invalid"],
    ["10,000-deep JSON", { text: "[".repeat(10_000) }, 400, "json_too_deep"],
    ["1,000,000-deep JSON", { text: '{"a":'.repeat(300_000) }, 400, "json_too_deep"],
    ["a prototype", { text: '{"__proto__":{"tenantId":2}}' }, 400, "request_malformed"],
    ["text that says it is text", { text: "{}", headers: { "content-type": "text/plain" } }, 415, "media_type_unsupported"],
    ["a form", { text: "every=1m", headers: { "content-type": "application/x-www-form-urlencoded" } }, 415, "media_type_unsupported"],
    ["a body just over the limit", { text: `"${"a".repeat(2 * 1024 * 1024)}"` }, 413, "body_too_large"],
    ["NaN", { text: '{"priority":NaN}' }, 400, "request_malformed"],
    ["a number beyond all numbers", { text: '{"every":"1m","priority":1e400}' }, 422, "request_invalid"],
  ];
  it.each(cases)("%s", async (_what, options, status, code) => {
    const answer = await create(options);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });

  it("may be missing where the route says so, and may be {} where it takes none", async () => {
    for (const options of [{}, { json: {} }, { text: "" }]) {
      expect((await api.request("POST", `/v1/jobs/${someJobId}/pause`, options)).status).toBe(200);
      expect(bodies.at(-1)).toEqual({});
    }
    expect((await api.request("DELETE", `/v1/jobs/${someJobId}`, { json: {} })).status).toBe(204);
    expect((await api.request("DELETE", `/v1/jobs/${someJobId}`, { json: { force: true } })).status).toBe(422);
  });
});

describe("a body of 100 MB", () => {
  const head = (extra: string) =>
    `POST /v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key}\r\nContent-Type: application/json\r\n${extra}\r\n`;

  it("is refused from its announced length, with none of it read", async () => {
    const { answer, sentBytes } = await pour(head(`Content-Length: ${100 * 1024 * 1024}\r\n`), 0);
    expect(answer).toMatch(/^HTTP\/1.1 413/);
    expect(answer).toMatch(/connection: close/i);
    expect(answer).toContain("body_too_large");
    expect(sentBytes).toBe(0);
  });

  it("is not even invited when its author asks first", async () => {
    const { answer } = await pour(head(`Content-Length: ${100 * 1024 * 1024}\r\nExpect: 100-continue\r\n`), 0);
    expect(answer).toMatch(/^HTTP\/1.1 413/);
  });

  it("is cut off at the limit when its length was not announced", async () => {
    const { answer, sentBytes } = await pour(head("Transfer-Encoding: chunked\r\n"), 100);
    expect(answer === "" || /^HTTP\/1.1 413/.test(answer)).toBe(true);
    expect(sentBytes).toBeLessThan(20 * 1024 * 1024);
  });

  it("is not read for somebody without a key", async () => {
    const { answer, sentBytes } = await pour(
      `POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${100 * 1024 * 1024}\r\n\r\n`,
      0,
    );
    expect(answer).toMatch(/^HTTP\/1.1 401/);
    expect(answer).toMatch(/connection: close/i);
    expect(sentBytes).toBe(0);
  });
});

describe("what is not HTTP", () => {
  it("is answered with a problem and a closed connection", async () => {
    const { answer } = await pour("BREW /pot HTCPCP/1.0\r\n\r\n", 0);
    expect(answer).toMatch(/^HTTP\/1.1 400/);
    expect(answer).toContain("application/problem+json");
  });

  it("nor a header of 20 KiB", async () => {
    expect((await pour(`GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(20_000)}\r\n\r\n`, 0)).answer).toMatch(/^HTTP\/1.1 431/);
  });
});

/** Sends `head`, then up to `megabytes` in chunks while the connection takes them. Ends when the server closes it. */
function pour(head: string, megabytes: number): Promise<{ answer: string; sentBytes: number }> {
  const { hostname, port } = new URL(api.url);
  const chunk = `100000\r\n${" ".repeat(1024 * 1024)}\r\n`;
  return new Promise((resolve) => {
    let answer = "";
    let chunksLeft = megabytes;
    let sentBytes = 0;
    const socket = connect(Number(port), hostname);
    const pump = (): void => {
      if (chunksLeft-- <= 0 || socket.destroyed) return;
      socket.write(chunk, (error) => {
        if (!error) sentBytes += chunk.length;
        pump();
      });
    };
    socket.on("connect", () => socket.write(head, pump));
    socket.on("data", (data) => {
      answer += data.toString();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve({ answer, sentBytes }));
  });
}
