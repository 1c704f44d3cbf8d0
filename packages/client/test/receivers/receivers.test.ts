import { text } from "node:stream/consumers";
import fastify from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import {
  createExpressReceiver,
  createFastifyReceiver,
  createNodeReceiver,
  type ReceivedRun,
  type ReceiverOptions,
} from "../../src/index.ts";
import { deliver, listen, secret } from "../lib/webhook-sender.ts";

/** A server with one receiver in it, and what its error handler heard. */
type Running = { url: string; errors: unknown[]; close(): Promise<void> };
type Start = (options: ReceiverOptions) => Promise<Running>;

const startNode: Start = async (options) => {
  const errors: unknown[] = [];
  return { ...(await listen(createNodeReceiver({ ...options, onError: (error) => void errors.push(error) }))), errors };
};

/** What Express does with a middleware: it calls it, and answers 500 when it is handed an error. */
const startExpress: Start = async (options) => {
  const errors: unknown[] = [];
  const receiver = createExpressReceiver(options);
  const server = await listen(
    (request, response) =>
      void receiver(request, response, (error) => {
        errors.push(error);
        response.writeHead(500).end();
      }),
  );
  return { ...server, errors };
};

const startFastify: Start = async (options) => {
  const errors: unknown[] = [];
  const app = fastify();
  app.setErrorHandler(async (error, _request, reply) => {
    const { statusCode = 500 } = error as { statusCode?: number };
    if (statusCode === 500) errors.push(error);
    return reply.code(statusCode).send();
  });
  app.post("/other", async (request) => request.body);
  await app.register(createFastifyReceiver({ ...options, url: "/hook" }));
  const origin = await app.listen({ port: 0, host: "127.0.0.1" });
  return { url: `${origin}/hook`, errors, close: () => app.close() };
};

const running: Running[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

describe.each([
  ["node:http", startNode],
  ["Express", startExpress],
  ["Fastify", startFastify],
])("a receiver of %s", (_name, starter) => {
  const start = async (options: Partial<ReceiverOptions> = {}): Promise<Running & { runs: ReceivedRun[] }> => {
    const runs: ReceivedRun[] = [];
    const server = await starter({ secrets: [secret], onRun: (run) => void runs.push(run), ...options });
    running.push(server);
    return { ...server, runs };
  };

  it("hands on the run of a signed webhook and answers 204", async () => {
    const { url, runs } = await start();
    expect(await deliver(url, { runId: "run-1" })).toEqual({ status: 204, text: "" });
    expect(runs).toMatchObject([{ runId: "run-1", jobId: "job-1", attempt: 2, body: '{"report":"daily"}' }]);
    expect(runs[0]?.json()).toEqual({ report: "daily" });
  });

  it("takes text, odd spacing in JSON and no body at all as they come, by any method", async () => {
    const { url, runs } = await start();
    const bodies = ['{ "a" :  1 }\n', "grüße"];
    for (const body of bodies) expect((await deliver(url, { body, contentType: "text/plain", method: "PUT" })).status).toBe(204);
    expect((await deliver(url, { body: null, method: "GET" })).status).toBe(204);
    expect((await deliver(url, { body: null, method: "DELETE" })).status).toBe(204);
    expect(runs.map(({ body }) => body)).toEqual([...bodies, "", ""]);
  });

  it("answers with what onRun returns, as the attempt's output", async () => {
    const { url } = await start({ onRun: () => Promise.resolve("sent 3 mails") });
    expect(await deliver(url)).toEqual({ status: 200, text: "sent 3 mails" });
  });

  it("refuses what another secret signed with 401 and the reason", async () => {
    const { url, runs, errors } = await start();
    expect(await deliver(url, { forged: true })).toEqual({ status: 401, text: "signature_mismatch" });
    const stranger = await fetch(url, { method: "POST", body: "{}" });
    expect([stranger.status, await stranger.text()]).toEqual([401, "missing_header"]);
    expect([runs, errors]).toEqual([[], []]);
  });

  it("calls onRun for no run whose effect was made", async () => {
    const { url, runs } = await start({ seen: (runId) => Promise.resolve(runId === "old") });
    expect((await deliver(url, { runId: "old" })).status).toBe(204);
    expect((await deliver(url, { runId: "new" })).status).toBe(204);
    expect(runs.map(({ runId }) => runId)).toEqual(["new"]);
  });

  it("answers 500 when onRun fails, tells the error handler, and takes the next attempt", async () => {
    let fails = true;
    const { url, errors } = await start({
      onRun: () => {
        if (fails) throw new Error("no mail server");
      },
    });
    expect((await deliver(url, { runId: "run-1" })).status).toBe(500);
    expect(errors).toMatchObject([{ message: "no mail server" }]);
    fails = false;
    expect((await deliver(url, { runId: "run-1" })).status).toBe(204);
  });

  it("refuses a body longer than any of Punctual's with 413", async () => {
    const { url, runs } = await start();
    expect((await deliver(url, { body: "x".repeat(600 * 1024) })).status).toBe(413);
    expect(runs).toEqual([]);
  });

  it("does not start without a usable secret", async () => {
    await expect(start({ secrets: [] })).rejects.toThrow(TypeError);
    await expect(start({ secrets: ["whsec_"] })).rejects.toThrow(TypeError);
  });
});

it("behind express.raw() the body is taken from the request, behind express.json() the mistake is named", async () => {
  const errors: unknown[] = [];
  const receiver = createExpressReceiver({ secrets: [secret], onRun: ({ body }) => body });
  let parse: (body: string) => unknown = (body) => Buffer.from(body);
  const server = await listen((request, response) => {
    text(request)
      .then((body) =>
        receiver(Object.assign(request, { body: parse(body) }), response, (error) => void response.writeHead(500).end(String(error))),
      )
      .catch((error) => void errors.push(error));
  });
  running.push({ ...server, errors });
  expect(await deliver(server.url)).toEqual({ status: 200, text: '{"report":"daily"}' });
  parse = (body) => JSON.parse(body) as unknown;
  const parsed = await deliver(server.url);
  expect([parsed.status, parsed.text]).toEqual([500, expect.stringContaining("mount the receiver in front of express.json()")]);
  expect(errors).toEqual([]);
});

it("other routes of a Fastify with a receiver go on parsing their bodies", async () => {
  const server = await startFastify({ secrets: [secret], onRun: () => undefined });
  running.push(server);
  const url = server.url.replace("/hook", "/other");
  const response = await fetch(url, { method: "POST", body: '{"a": 1}', headers: { "content-type": "application/json" } });
  expect(await response.text()).toBe('{"a":1}');
});
