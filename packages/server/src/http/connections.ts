import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { limits, PunctualError } from "@punctual/contract";
import type { FastifyRequest } from "fastify";
import { problemOf } from "../model/problem.ts";

/** Less than this is read to its end and thrown away, which is cheaper than a new connection. */
const worthReadingBytes = 64 * 1024;

/**
 * How long a client may take, and how long a connection may rest.
 *
 * - Headers within 10 s and the whole request within 60 s, or the connection ends: whoever sends a byte now and then must not hold a connection for ever. 60 s
 *   lets the largest bulk request pass at 2.3 Mbit/s.
 * - An idle connection is kept 72 s: longer than the 60 s of common load balancers, so that it is they who close it, never we as they send a request.
 */
export const connectionOptions = {
  keepAliveTimeout: 72_000,
  requestTimeout: 60_000,
  http: { headersTimeout: 10_000, connectionsCheckingInterval: 5_000, maxHeaderSize: 16 * 1024 },
} as const;

/** Whether the rest of a refused request is too much to read: then the connection has to be closed with the answer. */
export function leavesBodyUnread(request: FastifyRequest): boolean {
  const { headers, raw } = request;
  const announced = headers["transfer-encoding"] === undefined ? Number(headers["content-length"] ?? 0) : Number.POSITIVE_INFINITY;
  return !raw.readableEnded && announced > worthReadingBytes;
}

/** Answers `Expect: 100-continue` only when the body may come. Node's default invites a body of any size, to refuse it after the first megabytes. */
export function inviteOnlyBodiesThatFit(server: Server): void {
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    if (Number(request.headers["content-length"] ?? 0) <= limits.bulkBodyBytes) response.writeContinue();
    server.emit("request", request, response);
  });
}

/** Whoever has sent a part of a request when the server closes may send the rest for so long: as long as headers may take. */
const lastWordsMs = connectionOptions.http.headersTimeout;

/**
 * A server that closes waits for its connections, and does not look at its deadlines any more: one on which nothing was ever sent, as browsers and balancers open ahead of
 * need, would hold it for ever.
 *
 * @returns what to do when the server closes
 */
export function endConnectionsInTime(server: Server): () => void {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return () => {
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    const timer = setTimeout(() => server.closeAllConnections(), lastWordsMs).unref();
    server.once("close", () => clearTimeout(timer));
  };
}

/** What is not even HTTP, or comes too slowly, is answered on the bare socket. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf(brokenRequest(error));
  const body = JSON.stringify(problem);
  const status = `${problem.status} ${STATUS_CODES[problem.status]}`;
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/problem+json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function brokenRequest(error: NodeJS.ErrnoException): PunctualError {
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") return new PunctualError("request_timeout", "The request did not arrive in time.");
  if (error.code === "HPE_HEADER_OVERFLOW") return new PunctualError("headers_too_large", "The headers are larger than 16 KiB.");
  return new PunctualError("request_malformed", "This is not a valid HTTP/1.1 request.");
}
