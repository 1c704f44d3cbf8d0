import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HttpTargetSpec } from "../../../src/targets/http/spec.ts";
import { createHttpTarget } from "../../../src/targets/http/target.ts";
import type { AttemptOutcome, Target } from "../../../src/targets/port.ts";
import { attemptRequest, neverAborted } from "../conformance.ts";
import { type Receiver, startRawReceiver, startReceiver } from "./receiver.ts";
import { selfSigned } from "./self-signed.ts";

const opened: { close(): Promise<void> }[] = [];
const opening = async <T extends { close(): Promise<void> }>(receiver: Promise<T>): Promise<T> => {
  const open = await receiver;
  opened.push(open);
  return open;
};

let target: Target<HttpTargetSpec>;
beforeEach(() => {
  target = createHttpTarget({ now: Date.now, version: "0.0.0", connectionsPerOrigin: 2 });
});
afterEach(async () => {
  await target.close();
  for (const open of opened.splice(0)) await open.close();
});

const attempt = (url: string, timeoutMs = 5_000, signal = neverAborted()): Promise<AttemptOutcome> =>
  target.attempt(attemptRequest({ type: "http", url }, { timeoutMs }), signal);

describe("a peer that does not speak HTTP as it should", () => {
  /** Waits for the request, then answers with these bytes and, unless told to stay, ends the connection. */
  const answering = (bytes: string, stay = false): Promise<Receiver> =>
    opening(
      startRawReceiver((socket) => {
        socket.once("data", () => (stay ? socket.write(bytes) : socket.end(bytes)));
      }),
    );

  it.each([
    ["garbage", "\u0000\u0001\u0002 not HTTP at all\r\n\r\n"],
    ["another protocol", "220 mail.example ESMTP\r\n"],
    ["a status that is no number", "HTTP/1.1 abc OK\r\n\r\n"],
    ["a length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nab"],
    ["a chunk of a size that is no number", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
    ["a protocol switch nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"],
    ["a 100 that nobody asked for", "HTTP/1.1 100 Continue\r\n\r\n"],
    ["a header of 20 KiB", `HTTP/1.1 200 OK\r\nX-Large: ${"x".repeat(20 * 1024)}\r\n\r\n`],
    ["a thousand headers", `HTTP/1.1 200 OK\r\n${Array.from({ length: 1_000 }, (_, i) => `X-Header-${i}: value\r\n`).join("")}\r\n`],
  ])("is told apart by %s", async (_, bytes) => {
    const receiver = await answering(bytes, true);
    expect(await attempt(receiver.url)).toMatchObject({ ok: false, failureClass: "response_invalid", mayHaveBeenSeen: true });
    await receiver.connectionsClosed();
  });

  it.each([
    ["before any answer", ""],
    ["within the header", "HTTP/1.1 200 OK\r\nContent-Le"],
    ["before the promised length", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"],
    ["before the promised length of a last answer", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\nhalf"],
    ["between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
    ["between chunks of a last answer", "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
  ])("that ends the connection %s has not succeeded", async (_, bytes) => {
    const receiver = await answering(bytes);
    expect(await attempt(receiver.url)).toMatchObject({ ok: false, failureClass: "connection_reset", mayHaveBeenSeen: true });
  });

  it("that gives two lengths has not succeeded, whichever of them holds", async () => {
    const receiver = await answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab");
    expect(await attempt(receiver.url)).toMatchObject({ ok: false, mayHaveBeenSeen: true });
  });

  it("that resets the connection after its header has not succeeded, and what came is kept", async () => {
    const receiver = await opening(
      startReceiver((request, response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("half", () => request.socket.resetAndDestroy());
      }),
    );
    expect(await attempt(receiver.url)).toMatchObject({ ok: false, failureClass: "connection_reset", statusCode: 200 });
  });

  it("whose answer ends with the connection has succeeded when no length was promised", async () => {
    const receiver = await answering("HTTP/1.0 200 OK\r\n\r\nwhole");
    expect(await attempt(receiver.url)).toMatchObject({ ok: true, output: "whole" });
  });
});

describe("a peer that cannot be reached", () => {
  it("because its name does not exist is a failure of DNS", async () => {
    expect(await attempt("http://does-not-exist.invalid/")).toMatchObject({ ok: false, failureClass: "dns", mayHaveBeenSeen: false });
  });

  it("because its certificate is not trusted is a failure of TLS, and nothing was sent", async () => {
    const received: Buffer[] = [];
    const server = createTlsServer(selfSigned, (socket) => socket.on("data", (chunk: Buffer) => received.push(chunk)));
    server.on("tlsClientError", () => {});
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    opened.push({ close: async () => void server.close() });
    const { port } = server.address() as { port: number };
    expect(await attempt(`https://localhost:${port}/`)).toMatchObject({ ok: false, failureClass: "tls", mayHaveBeenSeen: false });
    expect(received).toEqual([]);
  });

  it("because it speaks no TLS is a failure of TLS", async () => {
    const receiver = await opening(startRawReceiver((socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))));
    expect(await attempt(`https://127.0.0.1:${receiver.port}/`)).toMatchObject({ ok: false, failureClass: "tls", mayHaveBeenSeen: false });
  });
});

describe("a connection that is never ready", () => {
  /** Takes the TCP connection and never answers the TLS handshake. */
  const silent = async (): Promise<{ url: string; connected: Promise<unknown>; receiver: Receiver }> => {
    const connecting = new EventTarget();
    const connected = once(connecting, "connected");
    const receiver = await opening(startRawReceiver(() => connecting.dispatchEvent(new Event("connected"))));
    return { url: `https://127.0.0.1:${receiver.port}/`, connected, receiver };
  };

  it("does not outlast the deadline, and nobody can have seen the request", async () => {
    const { url } = await silent();
    expect(await attempt(url, 100)).toMatchObject({ ok: false, failureClass: "timeout", mayHaveBeenSeen: false });
  });

  it("does not delay a cancellation", async () => {
    const { url, connected } = await silent();
    const cancelling = new AbortController();
    const outcome = attempt(url, 60_000, cancelling.signal);
    await connected;
    cancelling.abort();
    expect(await outcome).toMatchObject({ ok: false, failureClass: "cancelled", mayHaveBeenSeen: false });
  });

  it("is closed with the target", async () => {
    const { url, connected, receiver } = await silent();
    const outcome = attempt(url, 60_000);
    await connected;
    await target.close();
    expect(await outcome).toMatchObject({ ok: false, failureClass: "cancelled", mayHaveBeenSeen: false });
    await receiver.connectionsClosed();
  });
});

describe("more attempts than connections to an origin", () => {
  it("wait for one within their deadline, and what never got one was seen by nobody", async () => {
    const receiver = await opening(startReceiver(() => {}));
    const cancelling = new AbortController();
    const holders = [attempt(receiver.url, 60_000, cancelling.signal), attempt(receiver.url, 60_000, cancelling.signal)];
    await receiver.received(2);
    expect(await attempt(receiver.url, 50)).toMatchObject({ ok: false, failureClass: "timeout", mayHaveBeenSeen: false });
    cancelling.abort();
    for (const outcome of await Promise.all(holders)) expect(outcome).toMatchObject({ failureClass: "cancelled", mayHaveBeenSeen: true });
    expect(receiver.requests).toHaveLength(2);
  });

  it("are sent once a connection is free, but not after they were given up", async () => {
    const held: ServerResponse[] = [];
    const receiver = await opening(startReceiver((_, response) => held.push(response)));
    const holders = [attempt(receiver.url), attempt(receiver.url)];
    await receiver.received(2);
    const givenUp = await attempt(receiver.url, 50);
    const waiting = attempt(receiver.url);
    for (const response of held.splice(0)) response.end();
    await receiver.received(3);
    for (const response of held) response.end();
    expect((await Promise.all([...holders, waiting])).every((outcome) => outcome.ok)).toBe(true);
    expect(givenUp).toMatchObject({ ok: false, failureClass: "timeout", mayHaveBeenSeen: false });
    expect(receiver.requests).toHaveLength(3);
  });
});
