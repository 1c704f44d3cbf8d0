import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { endConnectionsInTime } from "../../src/http/connections.ts";

/** A server that never answers, and what to do when it closes. */
async function startServer(): Promise<{ server: Server; close(): Promise<unknown>; open(): Promise<Socket> }> {
  const server = createServer();
  const endConnections = endConnectionsInTime(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => server.closeAllConnections());
  return {
    server,
    close: () => {
      endConnections();
      return new Promise((resolve) => server.close(resolve));
    },
    open: async () => {
      const accepted = once(server, "connection");
      const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
      await accepted;
      return socket;
    },
  };
}

describe("a server that closes is not held", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  it("by a connection on which nothing was ever sent", async () => {
    const { close, open } = await startServer();
    const socket = await open();
    const ended = once(socket, "close");
    await close();
    await ended;
    expect(socket.bytesWritten).toBe(0);
  });

  it("for longer than 10 s by a request that does not arrive whole", async () => {
    const { server, close, open } = await startServer();
    const socket = await open();
    const begun = once(server, "request");
    socket.on("error", () => {}).write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nab");
    await begun;
    const closed = close();
    vi.advanceTimersByTime(9_999);
    expect(socket.destroyed).toBe(false);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1);
    await closed;
  });

  it("and leaves no timer behind", async () => {
    const { close } = await startServer();
    await close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
