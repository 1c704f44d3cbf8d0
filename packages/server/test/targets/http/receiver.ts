import { EventEmitter, once } from "node:events";
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from "node:net";

/** A server on a free loopback port that knows its open connections. */
export type Receiver = {
  port: number;
  url: string;
  /** Resolves once no connection is open. */
  connectionsClosed(): Promise<void>;
  close(): Promise<void>;
};

export type ReceivedRequest = {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  rawHeaders: string[];
  body: string;
  remotePort: number;
};

export type HttpReceiver = Receiver & {
  /** What has arrived so far, in order. */
  requests: ReceivedRequest[];
  /** Resolves once that many requests have arrived and their answers have begun. */
  received(count: number): Promise<void>;
};

/** An HTTP receiver that remembers each request, body included, before it answers. */
export async function startReceiver(answer: RequestListener): Promise<HttpReceiver> {
  const requests: ReceivedRequest[] = [];
  const arrivals = new EventEmitter();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url: path = "", headers, rawHeaders } = request;
      requests.push({
        method,
        path,
        headers,
        rawHeaders,
        body: Buffer.concat(chunks).toString(),
        remotePort: request.socket.remotePort ?? 0,
      });
      answer(request, response);
      arrivals.emit("request");
    });
  });
  return {
    ...(await listen(server)),
    requests,
    async received(count) {
      while (requests.length < count) await once(arrivals, "request");
    },
  };
}

/** A receiver that speaks whatever `onSocket` writes; for what no HTTP server would send. */
export function startRawReceiver(onSocket: (socket: Socket) => void): Promise<Receiver> {
  return listen(createNetServer(onSocket));
}

/** A port on which nothing listens: one that was free a moment ago. */
export async function refusedPort(): Promise<number> {
  const receiver = await startRawReceiver(() => {});
  await receiver.close();
  return receiver.port;
}

async function listen(server: Server): Promise<Receiver> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    // A target that gives up resets the connection; to this side that is the ordinary end.
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      server.emit("connectionClosed");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/hook`,
    async connectionsClosed() {
      while (sockets.size > 0) await once(server, "connectionClosed");
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
