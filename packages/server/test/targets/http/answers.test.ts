import type { RequestListener, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HttpTargetSpec } from "../../../src/targets/http/spec.ts";
import { createHttpTarget } from "../../../src/targets/http/target.ts";
import type { AttemptOutcome, Target } from "../../../src/targets/port.ts";
import { attemptRequest, neverAborted } from "../conformance.ts";
import { startReceiver } from "./receiver.ts";

const attemptAtMs = Date.UTC(2027, 2, 1, 9);

describe("the answer of an HTTP receiver", () => {
  let answer: RequestListener;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let target: Target<HttpTargetSpec>;
  beforeEach(async () => {
    receiver = await startReceiver((request, response) => answer(request, response));
    target = createHttpTarget({ now: () => attemptAtMs, version: "0.0.0" });
  });
  afterEach(async () => {
    await target.close();
    await receiver.close();
  });

  const outcomeOf = (listener: RequestListener, timeoutMs = 5_000): Promise<AttemptOutcome> => {
    answer = listener;
    return target.attempt(attemptRequest({ type: "http", url: receiver.url }, { timeoutMs }), neverAborted());
  };
  const withStatus =
    (status: number, headers: Record<string, string> = {}): RequestListener =>
    (_, response) => {
      response.writeHead(status, headers).end(status === 204 ? undefined : "why");
    };

  it.each([200, 201, 202, 204, 299])("is a success with status %i", async (status) => {
    expect(await outcomeOf(withStatus(status))).toEqual({
      ok: true,
      statusCode: status,
      output: status === 204 ? null : "why",
      outputTruncated: false,
    });
  });

  it.each([400, 404, 409, 410, 429, 500, 503, 599])("is a failure with status %i, and its body is kept", async (statusCode) => {
    expect(await outcomeOf(withStatus(statusCode))).toMatchObject({
      ok: false,
      failureClass: "http_status",
      statusCode,
      output: "why",
      mayHaveBeenSeen: true,
      retryAfterMs: null,
      retryForbidden: false,
    });
  });

  it.each([301, 302, 303, 307, 308])("is a failure with status %i, and nothing follows where it points", async (statusCode) => {
    const outcome = await outcomeOf(withStatus(statusCode, { location: `${receiver.url}/elsewhere` }));
    expect(outcome).toMatchObject({ ok: false, failureClass: "redirect", statusCode });
    expect(receiver.requests).toHaveLength(1);
  });

  it("may come after early hints", async () => {
    const outcome = await outcomeOf((_, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      response.writeHead(200).end("done");
    });
    expect(outcome).toMatchObject({ ok: true, statusCode: 200, output: "done" });
  });

  it("has not begun with early hints: their status is not the answer's", async () => {
    const outcome = await outcomeOf((request, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" }, () => request.socket.end());
    });
    expect(outcome).toMatchObject({ ok: false, failureClass: "connection_reset", statusCode: null });
  });

  it("may ask to wait, in seconds or until a date", async () => {
    expect(await outcomeOf(withStatus(503, { "retry-after": "7" }))).toMatchObject({ retryAfterMs: 7_000 });
    expect(await outcomeOf(withStatus(429, { "retry-after": "Mon, 01 Mar 2027 09:01:00 GMT" }))).toMatchObject({ retryAfterMs: 60_000 });
    expect(await outcomeOf(withStatus(429, { "retry-after": "-1" }))).toMatchObject({ retryAfterMs: null });
    expect(await outcomeOf(withStatus(429, { "retry-after": "10 years" }))).toMatchObject({ retryAfterMs: null });
  });

  it("may say that another try is of no use, with the one word that is read", async () => {
    const forbidden = async (value: string) => outcomeOf(withStatus(503, { "punctual-no-retry": value }));
    expect(await forbidden(" TRUE ")).toMatchObject({ retryForbidden: true });
    for (const value of ["1", "false", "yes"]) expect(await forbidden(value)).toMatchObject({ retryForbidden: false });
  });

  it("is kept up to 16 KiB", async () => {
    const exact = await outcomeOf((_, response) => response.end("x".repeat(16 * 1024)));
    expect(exact).toEqual({ ok: true, statusCode: 200, output: "x".repeat(16 * 1024), outputTruncated: false });
    const more = await outcomeOf((_, response) => response.end("x".repeat(16 * 1024 + 1)));
    expect(more).toEqual({ ok: true, statusCode: 200, output: "x".repeat(16 * 1024), outputTruncated: true });
  });

  it("of 100 MB is not read: the status is taken, and the connection is closed", async () => {
    const sent = countingFlood(100 * 1024 * 1024);
    expect(await outcomeOf(sent.listener)).toMatchObject({ ok: true, outputTruncated: true, output: "x".repeat(16 * 1024) });
    await receiver.connectionsClosed();
    // What the sockets' buffers on both sides swallowed before the end; a few MB on Linux.
    expect(sent.bytes()).toBeLessThan(20 * 1024 * 1024);
  });

  it("of 100 MB does not turn a failure into a success", async () => {
    const sent = countingFlood(100 * 1024 * 1024, 500);
    expect(await outcomeOf(sent.listener)).toMatchObject({
      ok: false,
      failureClass: "http_status",
      statusCode: 500,
      outputTruncated: true,
    });
  });

  it("that does not end by the deadline is a timeout, with what came of it", async () => {
    const outcome = await outcomeOf((_, response) => void response.writeHead(200).write("so far"), 500);
    expect(outcome).toMatchObject({
      ok: false,
      failureClass: "timeout",
      statusCode: 200,
      output: "so far",
      outputTruncated: true,
      mayHaveBeenSeen: true,
    });
    await receiver.connectionsClosed();
  });

  it("is kept as it came when it is compressed against our word, and not unpacked", async () => {
    const bomb = gzipSync(Buffer.alloc(10 * 1024 * 1024));
    const outcome = await outcomeOf((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb));
    expect(outcome.ok && outcome.output !== null && outcome.output.length <= 16 * 1024 && !outcome.output.includes("\u0000")).toBe(true);
  });
});

/** A listener that sends as much as the other side takes, up to `totalBytes`, and counts it. */
function countingFlood(totalBytes: number, status = 200): { listener: RequestListener; bytes: () => number } {
  const chunk = Buffer.alloc(64 * 1024, "x");
  let bytes = 0;
  const pump = (response: ServerResponse): void => {
    while (bytes < totalBytes && !response.destroyed) {
      bytes += chunk.byteLength;
      if (!response.write(chunk)) return void response.once("drain", () => pump(response));
    }
    response.end();
  };
  return { listener: (_, response) => pump(response.writeHead(status)), bytes: () => bytes };
}
