import { once } from "node:events";
import { connect } from "node:net";
import { errorCatalogue } from "@punctual/contract";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Api, jobAnswer, operation, someJobId, startApi } from "./fixture.ts";

let api: Api;
let entered = (): void => undefined;
let gate: Promise<void> = Promise.resolve();

beforeAll(async () => {
  api = await startApi({
    getJob: operation("getJob", async () => {
      entered();
      await gate;
      return { status: 200, body: jobAnswer(someJobId), revision: 1 };
    }),
  });
});
afterAll(() => api.stop());
beforeEach(() => {
  api.state.draining = false;
  api.state.ready = true;
});

const open = (path: string) => api.request("GET", path, { key: null });

describe("whoever watches the node", () => {
  it("hears that it lives without the database being asked", async () => {
    api.state.ready = false;
    expect((await open("/healthz")).status).toBe(200);
  });

  it("hears that it is ready only when it is, and why not otherwise", async () => {
    expect((await open("/readyz")).json).toMatchObject({ ready: true });
    api.state.ready = false;
    const answer = await open("/readyz");
    expect([answer.status, answer.json.ready]).toEqual([503, false]);
    expect(answer.json.detail).toContain("database");
  });

  it("scrapes metrics as Prometheus text", async () => {
    const answer = await open("/metrics");
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0.0.4/);
    expect(answer.text).toBe("punctual_up 1\n");
  });
});

describe("the documents", () => {
  it("hold a valid OpenAPI 3.1 description of this server", async () => {
    const { json } = await open("/openapi.json");
    expect(json.openapi).toBe("3.1.0");
    expect(await new Validator().validate(json)).toEqual({ valid: true });
  });

  it("are shown by pages whose every file this server holds", async () => {
    const page = await open("/docs");
    expect(page.status).toBe(200);
    const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => new URL(match[1] ?? "", `${api.url}/docs`));
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      expect(file.origin).toBe(api.url);
      expect((await open(file.pathname)).status, file.pathname).toBe(200);
    }
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect((await open("/docs/json")).json.openapi).toBe("3.1.0");
  });

  it("explain every code of the catalogue", async () => {
    const { text } = await open("/docs/errors");
    for (const code of Object.keys(errorCatalogue)) expect(text).toContain(`id="${code}"`);
  });
});

describe("a node that drains", () => {
  it("tells the balancer, and answers what still comes with its last words on that connection", async () => {
    api.state.draining = true;
    expect((await open("/readyz")).status).toBe(503);
    const answer = await api.request("GET", `/v1/jobs/${someJobId}`);
    expect([answer.status, answer.headers.get("connection")]).toEqual([200, "close"]);
  });

  it("once it closes, finishes what is under way and refuses what comes after on an open connection", async () => {
    const under = new Promise<void>((resolve) => {
      entered = resolve;
    });
    let release = (): void => undefined;
    gate = new Promise((resolve) => {
      release = resolve;
    });
    const request = `GET /v1/jobs/${someJobId} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key}\r\n\r\n`;
    const connection = await converse(request);
    await under;
    const closed = api.close();
    const arrival = once(api.server, "request");
    connection.socket.write(request);
    await arrival;
    release();
    await closed;
    const answers = (await connection.everything).split("HTTP/1.1 ").slice(1);
    expect(answers.map((answer) => answer.slice(0, 3))).toEqual(["200", "503"]);
    expect(answers[1]).toMatch(/shutting_down/);
  });
});

async function converse(text: string): Promise<{ socket: ReturnType<typeof connect>; everything: Promise<string> }> {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  let received = "";
  socket.on("data", (data) => {
    received += data.toString();
  });
  socket.on("error", () => undefined);
  const everything = new Promise<string>((resolve) => {
    socket.on("close", () => resolve(received));
  });
  await new Promise((resolve) => {
    socket.once("connect", resolve);
  });
  if (text) socket.write(text);
  return { socket, everything };
}
